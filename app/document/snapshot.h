/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A document at one moment: what runs, checks and other threads read.
 *
 * A snapshot keeps the bytes of the file and, for each cell, id, kind, text and line.  With overrides applied
 * (overrides.h) the texts differ and the bytes stay those of the document.
 *
 * Thread rule: immutable and counted by references; any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlSnapshotCell:
 * @uid: the cell's number in memory
 * @kind: a #TlCellKind
 * @id: (nullable): its id
 * @text: its text, with "\n" between lines
 * @n_bytes: length of @text
 * @line: document line of the first line of @text, from 1
 */
typedef struct {
  guint64 uid;
  int     kind;
  char   *id;
  char   *text;
  gsize   n_bytes;
  guint   line;
} TlSnapshotCell;

/**
 * TlSnapshot:
 * @bytes: the bytes of the file
 * @path: (nullable): where it was read from
 * @cells: the cells in order
 * @n_cells: their number
 * @has_seed: whether the front matter has a seed
 * @seed: the seed
 * @serial: tl_document_get_serial() at that moment
 * @diagnostics: (element-type TlDiagnostic): what is wrong with the file
 *
 * Read only.
 */
typedef struct {
  GBytes         *bytes;
  char           *path;
  TlSnapshotCell *cells;
  guint           n_cells;
  gboolean        has_seed;
  gint64          seed;
  guint64         serial;
  GPtrArray      *diagnostics;
  /*< private >*/
  int ref_count;
} TlSnapshot;

TlSnapshot *tl_snapshot_ref (TlSnapshot *self);
void        tl_snapshot_unref (TlSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlSnapshot, tl_snapshot_unref)

/**
 * tl_snapshot_new_from_cells:
 * @path: (nullable): the document they belong to
 * @cells: (array length=n_cells): cells in order; @id, @kind and @text count and are copied
 * @n_cells: their number
 * @has_seed: whether @seed counts
 * @seed: the seed of the document
 *
 * Makes a snapshot of cells that were told one by one; its bytes are a document that has just these cells.
 *
 * Returns: (transfer full): the snapshot
 */
TlSnapshot *tl_snapshot_new_from_cells (const char           *path,
                                        const TlSnapshotCell *cells,
                                        guint                 n_cells,
                                        gboolean              has_seed,
                                        gint64                seed);

/**
 * tl_snapshot_find:
 *
 * Returns: (nullable) (transfer none): the first cell of that id, or %NULL
 */
const TlSnapshotCell *tl_snapshot_find (const TlSnapshot *self,
                                        const char       *id);

/**
 * tl_snapshot_with_text:
 * @self: a snapshot
 * @index: a cell
 * @text: its new text
 *
 * Returns: (transfer full): a copy in which one cell has another text
 */
TlSnapshot *tl_snapshot_with_text (const TlSnapshot *self,
                                   guint             index,
                                   const char       *text);

G_END_DECLS
