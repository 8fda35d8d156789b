/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A cell of a document: prose, Lua or a graph.
 *
 * A cell is read here and changed through its document (document.h), so that every change can be undone.  The same
 * object stands for the cell as long as the document lives, also while it is removed and comes back by undo.
 *
 * Its text has "\n" between lines whatever the file has, and none behind the last one.  Offsets are bytes of that text;
 * text-edit.h converts to lines and characters.  Bytes that are not UTF-8 are kept; tl_cell_is_text() then says %FALSE
 * and an editor shows the cell without letting it be edited.
 *
 * Thread rule: main thread only.
 */

#include <gio/gio.h>

#include "lua/syntax/chunk.h"
#include "lua/syntax/graph-text.h"

G_BEGIN_DECLS

typedef enum {
  TL_CELL_TEXT,
  TL_CELL_LUA,
  TL_CELL_GRAPH,
} TlCellKind;

#define TL_TYPE_CELL (tl_cell_get_type ())
G_DECLARE_FINAL_TYPE (TlCell, tl_cell, TL, CELL, GObject)

/**
 * tl_cell_kind_to_string:
 *
 * Returns: "text", "lua" or "graph"
 */
const char *tl_cell_kind_to_string (TlCellKind kind);

/**
 * tl_cell_get_uid:
 *
 * Returns: a number that only this cell has in this process, never 0
 */
guint64 tl_cell_get_uid (TlCell *self);

/**
 * tl_cell_get_kind:
 *
 * Property `kind` (notified).
 */
TlCellKind tl_cell_get_kind (TlCell *self);

/**
 * tl_cell_get_id:
 *
 * Property `id` (notified).
 *
 * Returns: (nullable): the id as it stands in the fence, valid or not; %NULL for prose
 */
const char *tl_cell_get_id (TlCell *self);

/**
 * tl_cell_get_text:
 * @self: a cell
 * @length: (out) (optional): its length in bytes
 *
 * Returns: (transfer none): its text, NUL-terminated, valid until the cell changes
 */
const char *tl_cell_get_text (TlCell *self,
                              gsize  *length);

/**
 * tl_cell_is_text:
 *
 * Returns: whether its bytes are valid UTF-8 without NUL
 */
gboolean tl_cell_is_text (TlCell *self);

/**
 * tl_cell_get_index:
 *
 * Returns: its place in the document, or -1 while it is removed
 */
int tl_cell_get_index (TlCell *self);

/**
 * tl_cell_get_lines:
 * @self: a cell
 * @first: (out) (optional): document line of the first line of its text, from 1 (of the closing fence where it is empty)
 * @n_lines: (out) (optional): lines of its text
 */
void tl_cell_get_lines (TlCell *self,
                        guint  *first,
                        guint  *n_lines);

/**
 * tl_cell_get_serial:
 *
 * Returns: a number that changes with every change of text, kind or id, and is the same again after undo never
 */
guint64 tl_cell_get_serial (TlCell *self);

/**
 * tl_cell_get_chunk:
 *
 * Returns: (nullable) (transfer none): the text of a Lua cell as parsed, kept until it changes; %NULL for other kinds
 */
TlLuaChunk *tl_cell_get_chunk (TlCell *self);

/**
 * tl_cell_get_graph:
 *
 * Returns: (nullable) (transfer none): the text of a graph cell as parsed, kept until it changes; %NULL for other kinds
 */
TlGraphText *tl_cell_get_graph (TlCell *self);

G_END_DECLS
