/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The column of cells of a document.
 *
 * Signals: `selection-changed ()` when another cell or another node of a canvas is selected, `open-canvas (TlCell)`.
 *
 * Thread rule: main thread only.
 */

#include "ui/notebook/cell-view.h"

G_BEGIN_DECLS

#define TL_TYPE_NOTEBOOK (tl_notebook_get_type ())
G_DECLARE_FINAL_TYPE (TlNotebook, tl_notebook, TL, NOTEBOOK, GtkWidget)

GtkWidget *tl_notebook_new (TlSession *session);

/**
 * tl_notebook_get_selected:
 *
 * Returns: (nullable) (transfer none): the selected cell
 */
TlCell *tl_notebook_get_selected (TlNotebook *self);

/**
 * tl_notebook_get_selected_node:
 *
 * Returns: (nullable): the selected node of the selected graph cell
 */
const char *tl_notebook_get_selected_node (TlNotebook *self);

/**
 * tl_notebook_select:
 * @self: a notebook
 * @cell: a cell
 * @reveal: scroll to it and give it the keyboard
 */
void tl_notebook_select (TlNotebook *self,
                         TlCell     *cell,
                         gboolean    reveal);

/**
 * tl_notebook_show_range:
 * @self: a notebook
 * @cell: a cell
 * @start: first byte of its text
 * @n_bytes: bytes
 * @focus: give it the keyboard, and open the editor of prose
 *
 * Scrolls to a part of the text and selects it; in a graph, the node that stands there.
 */
void tl_notebook_show_range (TlNotebook *self,
                             TlCell     *cell,
                             gsize       start,
                             gsize       n_bytes,
                             gboolean    focus);

/**
 * tl_notebook_select_next:
 *
 * Selects the next cell that can run.
 *
 * Returns: whether there was one
 */
gboolean tl_notebook_select_next (TlNotebook *self);

/**
 * tl_notebook_find_view:
 *
 * Returns: (nullable) (transfer none): the widget of a cell
 */
TlCellView *tl_notebook_find_view (TlNotebook *self,
                                   TlCell     *cell);

G_END_DECLS
