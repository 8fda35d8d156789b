/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The text of one cell as a GtkSourceView wants it.
 *
 * The document is the truth: what is typed goes into it first, and what it refuses never appears.  Changes from elsewhere
 * (undo, the canvas, the inspector) come back through its signals.  The buffer has no history of its own.
 *
 * Thread rule: main thread only.
 */

#include <gtksourceview/gtksource.h>

#include "app/document/document.h"

G_BEGIN_DECLS

#define TL_TYPE_CELL_BUFFER (tl_cell_buffer_get_type ())
G_DECLARE_FINAL_TYPE (TlCellBuffer, tl_cell_buffer, TL, CELL_BUFFER, GtkSourceBuffer)

/**
 * tl_cell_buffer_new:
 * @document: a document
 * @cell: one of its cells
 *
 * Returns: (transfer full): its text, highlighted for its kind
 */
TlCellBuffer *tl_cell_buffer_new (TlDocument *document,
                                  TlCell     *cell);

/**
 * tl_cell_buffer_mark_error:
 * @self: a buffer
 * @line: a line from 1; 0 removes the marks
 *
 * Marks a line at which running the cell failed.
 */
void tl_cell_buffer_mark_error (TlCellBuffer *self,
                                guint         line);

/**
 * tl_cell_buffer_get_offset:
 * @self: a buffer
 * @iter: a place in it
 *
 * Returns: its byte offset in the cell's text
 */
gsize tl_cell_buffer_get_offset (TlCellBuffer      *self,
                                 const GtkTextIter *iter);

G_END_DECLS
