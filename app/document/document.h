/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The document: a Markdown file whose fences `lua {#id}` and `graph {#id}` are cells, and everything between them prose.
 *
 *     +- bytes of the file -----------------------------+
 *     | BOM, front matter, blank lines        the head   |
 *     | opening fence \                                  |
 *     | text            > a Lua or graph cell            |
 *     | closing fence /                                  |
 *     | blank lines           the gap behind a cell      |
 *     | text                  a text cell                |
 *     | blank lines           its gap                    |
 *     +--------------------------------------------------+
 *
 * Every byte has its place in one of these, so a document that is loaded and saved is the same file, and a change
 * rewrites the lines it speaks of.  Line ends are kept per line; new lines get those of the first line.
 *
 * The document is the truth: widgets show it and send commands (below).  Each command is one step in one history, with
 * a description for the Undo menu; typing in one place is one step.  Undoing everything gives the original bytes.
 * A document that is read only (newer version) refuses commands with %TL_ERROR_UNSUPPORTED.
 *
 * It is a #GListModel of #TlCell, and has the properties `modified`, `read-only`, `path`, `can-undo`, `can-redo`, and the
 * signals
 *
 *     cell-added (cell, index)            cell-changed (cell, start, n_removed, n_inserted)   offsets and bytes of its text
 *     cell-removed (cell, index)          cell-moved (cell, from, to)
 *     modified-changed ()                 history-changed ()           head-changed ()
 *     changed ()      once behind each command, undo and redo          saved (bytes)   what a file now contains
 *
 * which come while the document is already in the new state of that one change; #GListModel::items-changed follows each
 * of added, removed and moved.  A handler must not send commands; it may read.
 *
 * Loading, saving and the state on disk: document-file.h.  Never losing an edit: journal.h.
 *
 * Ownership: the document owns its cells.  Thread rule: main thread only; tl_document_snapshot() is for others.
 */

#include "app/document/cell.h"
#include "app/document/diagnostic.h"
#include "app/document/snapshot.h"
#include "lua/syntax/text-edit.h"

G_BEGIN_DECLS

/** TL_DOCUMENT_VERSION: the major version this program writes and the newest it edits */
#define TL_DOCUMENT_VERSION 1
/** TL_DOCUMENT_MAX_BYTES: a larger file is refused */
#define TL_DOCUMENT_MAX_BYTES (64u << 20)
/** TL_DOCUMENT_MAX_LINE_BYTES: a file with a longer line is refused */
#define TL_DOCUMENT_MAX_LINE_BYTES (4u << 20)
/** TL_DOCUMENT_MAX_CELLS: a file with more cells is refused */
#define TL_DOCUMENT_MAX_CELLS 20000

#define TL_TYPE_DOCUMENT (tl_document_get_type ())
G_DECLARE_FINAL_TYPE (TlDocument, tl_document, TL, DOCUMENT, GObject)

/* --- create and query ------------------------------------------------------------------------------------------ */

/**
 * tl_document_new:
 *
 * Returns: (transfer full): a document with front matter and no cell, not modified, without a path
 */
TlDocument *tl_document_new (void);

/**
 * tl_document_new_from_bytes:
 * @bytes: the bytes of a file
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_FORMAT (too large, too many cells, a line too long)
 *
 * Returns: (transfer full): the document, or %NULL with @error set; what is odd in it is in its diagnostics
 */
TlDocument *tl_document_new_from_bytes (GBytes  *bytes,
                                        GError **error);

/**
 * tl_document_to_bytes:
 *
 * Returns: (transfer full): the bytes of the file
 */
GBytes *tl_document_to_bytes (TlDocument *self);

/**
 * tl_document_snapshot:
 *
 * Returns: (transfer full): an immutable copy for other threads, runs and overrides
 */
TlSnapshot *tl_document_snapshot (TlDocument *self);

guint   tl_document_get_n_cells (TlDocument *self);
TlCell *tl_document_get_cell (TlDocument *self,
                              guint       index);
TlCell *tl_document_find_cell (TlDocument *self,
                               const char *id);
TlCell *tl_document_find_cell_by_uid (TlDocument *self,
                                      guint64     uid);

/**
 * tl_document_cell_at_line:
 * @self: a document
 * @line: a line of the file, from 1
 * @cell_line: (out) (optional): the line in the cell's text, from 1 (0: a fence)
 *
 * Returns: (nullable) (transfer none): the cell that line belongs to
 */
TlCell *tl_document_cell_at_line (TlDocument *self,
                                  guint       line,
                                  guint      *cell_line);

/**
 * tl_document_get_diagnostics:
 *
 * Returns: (transfer none) (element-type TlDiagnostic): what is wrong, by line; valid until the document changes
 */
GPtrArray *tl_document_get_diagnostics (TlDocument *self);

/**
 * tl_document_get_front_matter:
 * @self: a document
 * @key: a key such as "seed"
 *
 * Returns: (transfer full) (nullable): its value without blanks around it, or %NULL
 */
char *tl_document_get_front_matter (TlDocument *self,
                                    const char *key);

/**
 * tl_document_get_seed:
 * @self: a document
 * @seed: (out): the seed
 *
 * Returns: whether the front matter has a seed that is an integer
 */
gboolean tl_document_get_seed (TlDocument *self,
                               gint64     *seed);

/**
 * tl_document_get_serial:
 *
 * Returns: a number that changes with every change of the document
 */
guint64 tl_document_get_serial (TlDocument *self);

gboolean tl_document_is_read_only (TlDocument *self);
gboolean tl_document_is_modified (TlDocument *self);

/**
 * tl_document_has_conflicts:
 *
 * Returns: whether merge conflict markers stand in it
 */
gboolean tl_document_has_conflicts (TlDocument *self);

/**
 * tl_document_unique_id:
 * @self: a document
 * @base: (nullable): a start, such as "fit"; "cell" when %NULL
 *
 * Returns: (transfer full): a valid id that no cell has
 */
char *tl_document_unique_id (TlDocument *self,
                             const char *base);

/* --- commands ---------------------------------------------------------------------------------------------------- */

/**
 * tl_document_insert_cell:
 * @self: a document
 * @index: where, at most the number of cells
 * @kind: its kind
 * @id: (nullable): its id; a free one when %NULL; not read for prose
 * @text: (nullable): its text
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_NAME (@id not valid or taken)
 *
 * Returns: (transfer none) (nullable): the new cell, or %NULL with @error set
 */
TlCell *tl_document_insert_cell (TlDocument *self,
                                 guint       index,
                                 TlCellKind  kind,
                                 const char *id,
                                 const char *text,
                                 GError    **error);

gboolean tl_document_remove_cell (TlDocument *self,
                                  TlCell     *cell,
                                  GError    **error);

/**
 * tl_document_move_cell:
 * @self: a document
 * @cell: a cell
 * @index: its place afterwards
 * @error: return location for an error
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_move_cell (TlDocument *self,
                                TlCell     *cell,
                                guint       index,
                                GError    **error);

/**
 * tl_document_set_cell_kind:
 * @self: a document
 * @cell: a cell
 * @kind: its new kind; prose that becomes code gets a free id
 * @error: return location for an error
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_set_cell_kind (TlDocument *self,
                                    TlCell     *cell,
                                    TlCellKind  kind,
                                    GError    **error);

/**
 * tl_document_set_cell_id:
 *
 * Errors: %TL_ERROR_NAME (@id not valid or taken, or the cell is prose)
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_set_cell_id (TlDocument *self,
                                  TlCell     *cell,
                                  const char *id,
                                  GError    **error);

/**
 * tl_document_split_cell:
 * @self: a document
 * @cell: a cell
 * @offset: a byte offset; what stands behind it becomes a new cell of the same kind
 * @error: return location for an error
 *
 * Returns: (transfer none) (nullable): the new cell, or %NULL with @error set
 */
TlCell *tl_document_split_cell (TlDocument *self,
                                TlCell     *cell,
                                gsize       offset,
                                GError    **error);

/**
 * tl_document_replace_text:
 * @self: a document
 * @cell: a cell
 * @start: first byte of its text to replace
 * @n_removed: bytes to remove
 * @text: (nullable): bytes to insert
 * @n_inserted: their number, or -1 for all of @text
 * @error: return location for an error
 *
 * Replaces a range of text.  Calls that go on where the last one ended, as typing and deleting do, make one step.
 *
 * Two consequences keep the file readable: code that comes to contain its own closing fence gets longer fences, and
 * prose into which somebody types or pastes whole cells is split into them (the text cell is then replaced).
 *
 * Errors: %TL_ERROR_VALUE (a range outside the text, or too much text)
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_replace_text (TlDocument *self,
                                   TlCell     *cell,
                                   gsize       start,
                                   gsize       n_removed,
                                   const char *text,
                                   gssize      n_inserted,
                                   GError    **error);

/**
 * tl_document_set_text:
 *
 * Replaces all of a cell's text, as one step that touches only what differs.
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_set_text (TlDocument *self,
                               TlCell     *cell,
                               const char *text,
                               GError    **error);

/**
 * tl_document_apply_edits:
 * @self: a document
 * @cell: a cell
 * @edits: changes of its text
 * @description: what Undo shall say
 * @error: return location for an error
 *
 * Applies changes as one step; those of graph-edit.h for example.
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_apply_edits (TlDocument        *self,
                                  TlCell            *cell,
                                  const TlTextEdits *edits,
                                  const char        *description,
                                  GError           **error);

/**
 * tl_document_set_front_matter:
 * @self: a document
 * @key: a key of letters, digits, "-" and "_", other than "trellis"
 * @value: (nullable): its value on one line, or %NULL to remove the line
 * @error: return location for an error
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_set_front_matter (TlDocument *self,
                                       const char *key,
                                       const char *value,
                                       GError    **error);

/**
 * tl_document_begin_group:
 * @self: a document
 * @description: what Undo shall say
 *
 * Makes one step of all commands until tl_document_end_group().  Groups nest; the outermost describes.
 */
void tl_document_begin_group (TlDocument *self,
                              const char *description);
void tl_document_end_group (TlDocument *self);

/**
 * tl_document_break_typing:
 *
 * Makes the next tl_document_replace_text() a step of its own (the cursor was moved, the cell was run).
 */
void tl_document_break_typing (TlDocument *self);

/* --- graph commands: graph-edit.h applied to a cell, one step each ------------------------------------------------ */

/**
 * tl_document_add_node:
 * @self: a document
 * @cell: a graph cell
 * @names: (nullable) (array zero-terminated=1): names of its outputs, the first of which is its own; a free one made of @row when %NULL
 * @row: the row
 * @inputs: (nullable) (array zero-terminated=1): outputs it is linked to
 * @attributes: (nullable): text between the braces
 * @has_place: whether @x and @y are written
 * @x: place, in grid units
 * @y: place, in grid units
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the node's name, or %NULL with @error set
 */
char *tl_document_add_node (TlDocument        *self,
                            TlCell            *cell,
                            const char *const *names,
                            const char        *row,
                            const char *const *inputs,
                            const char        *attributes,
                            gboolean           has_place,
                            double             x,
                            double             y,
                            GError           **error);

gboolean tl_document_remove_nodes (TlDocument        *self,
                                   TlCell            *cell,
                                   const char *const *names,
                                   GError           **error);
gboolean tl_document_rename_node (TlDocument *self,
                                  TlCell     *cell,
                                  const char *name,
                                  const char *new_name,
                                  GError    **error);
gboolean tl_document_set_node_row (TlDocument *self,
                                   TlCell     *cell,
                                   const char *node,
                                   const char *row,
                                   GError    **error);

/**
 * tl_document_connect_nodes:
 *
 * See tl_graph_edit_connect(); @output %NULL disconnects.
 */
gboolean tl_document_connect_nodes (TlDocument *self,
                                    TlCell     *cell,
                                    const char *node,
                                    guint       input,
                                    const char *output,
                                    GError    **error);

/**
 * tl_document_set_attr:
 *
 * See tl_graph_edit_set_attr(); @value %NULL unsets.
 */
gboolean tl_document_set_attr (TlDocument *self,
                               TlCell     *cell,
                               const char *node,
                               const char *attr,
                               const char *value,
                               GError    **error);

/**
 * tl_document_set_param:
 *
 * Sets a parameter: in a graph cell see tl_graph_edit_set_param(); in a Lua cell replaces the first top-level literal of
 * that name.
 */
gboolean tl_document_set_param (TlDocument *self,
                                TlCell     *cell,
                                const char *name,
                                const char *value,
                                GError    **error);

/**
 * tl_document_move_nodes:
 * @self: a document
 * @cell: a graph cell
 * @n_nodes: how many
 * @names: (array length=n_nodes): nodes
 * @x: (array length=n_nodes): places, in grid units
 * @y: (array length=n_nodes): places, in grid units
 * @error: return location for an error
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_document_move_nodes (TlDocument        *self,
                                 TlCell            *cell,
                                 guint              n_nodes,
                                 const char *const *names,
                                 const double      *x,
                                 const double      *y,
                                 GError           **error);

/* --- history ------------------------------------------------------------------------------------------------------- */

gboolean tl_document_can_undo (TlDocument *self);
gboolean tl_document_can_redo (TlDocument *self);

/**
 * tl_document_undo:
 * @self: a document
 * @cell: (out) (optional) (nullable) (transfer none): the cell to bring into view
 *
 * Returns: whether there was a step to undo
 */
gboolean tl_document_undo (TlDocument *self,
                           TlCell    **cell);
gboolean tl_document_redo (TlDocument *self,
                           TlCell    **cell);

/**
 * tl_document_get_undo_description:
 *
 * Returns: (nullable): what Undo would take back, such as "typing in fit"
 */
const char *tl_document_get_undo_description (TlDocument *self);
const char *tl_document_get_redo_description (TlDocument *self);

/**
 * tl_document_get_history:
 * @self: a document
 * @n_steps: (out): number of steps
 * @position: (out): how many of them are done
 *
 * For a list of steps: see tl_document_describe_step() and tl_document_go_to().
 */
void        tl_document_get_history (TlDocument *self,
                                     guint      *n_steps,
                                     guint      *position);
const char *tl_document_describe_step (TlDocument *self,
                                       guint       step);
void        tl_document_go_to (TlDocument *self,
                               guint       position);

/**
 * tl_document_mark_saved:
 *
 * Makes the present state the one that is not modified.
 */
void tl_document_mark_saved (TlDocument *self);

G_END_DECLS
