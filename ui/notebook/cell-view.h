/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One cell in the notebook: what it is, how its last run went, and what that printed.
 *
 *     | gutter | caption:  lua  fit                         12.1 s ✓  ⋮ |
 *     |   ▶    | content:  prose, a source view, or a canvas            |
 *     |        | output:   text, errors                                 |
 *
 * Signals: `activated ()` when it became the selected cell by pointer or keyboard, `node-selected (name)` from its canvas,
 * `report-changed ()` when more is known of its graph, `open-canvas ()` when its canvas shall fill the window.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/canvas/canvas.h"
#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_CELL_VIEW (tl_cell_view_get_type ())
G_DECLARE_FINAL_TYPE (TlCellView, tl_cell_view, TL, CELL_VIEW, GtkWidget)

GtkWidget *tl_cell_view_new (TlSession *session,
                             TlCell    *cell);
TlCell    *tl_cell_view_get_cell (TlCellView *self);

/**
 * tl_cell_view_get_canvas:
 *
 * Returns: (nullable) (transfer none): the canvas of a graph cell
 */
TlCanvas *tl_cell_view_get_canvas (TlCellView *self);

/**
 * tl_cell_view_get_source_view:
 *
 * Returns: (nullable) (transfer none): the editor, where there is one
 */
GtkTextView *tl_cell_view_get_source_view (TlCellView *self);

/**
 * tl_cell_view_edit:
 *
 * Moves the keyboard focus into the content; prose opens its editor.
 */
void tl_cell_view_edit (TlCellView *self);

/**
 * tl_cell_view_select_range:
 * @self: a view
 * @start: first byte of the cell's text
 * @n_bytes: bytes
 *
 * Selects text, or the node that stands there.  Prose that is not being edited is left as it is.
 */
void tl_cell_view_select_range (TlCellView *self,
                                gsize       start,
                                gsize       n_bytes);
void tl_cell_view_edit_id (TlCellView *self);
void tl_cell_view_set_selected (TlCellView *self,
                                gboolean    selected);

G_END_DECLS
