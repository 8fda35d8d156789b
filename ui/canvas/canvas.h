/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The canvas of a graph cell: nodes and ports are widgets, links and grid are drawn.
 *
 * Everything it changes goes through the document, so undo knows it.  What shapes links have and what is wrong with nodes
 * it asks its #TlGraphInfo.
 *
 * Keys: arrows go from node to node; Ctrl and arrows move one; C, arrows, Enter connect; Delete removes; A adds; plus,
 * minus and 0 zoom.
 *
 * Property `summary` (string): parameters and the like of the whole graph, on one line.
 * Signals `node-selected (name or NULL)`, `report-changed ()`.
 *
 * Thread rule: main thread only.
 */

#include <gtk/gtk.h>

#include "app/document/document.h"
#include "ui/canvas/graph-info.h"

G_BEGIN_DECLS

#define TL_TYPE_CANVAS (tl_canvas_get_type ())
G_DECLARE_FINAL_TYPE (TlCanvas, tl_canvas, TL, CANVAS, GtkWidget)

GtkWidget *tl_canvas_new (TlDocument *document,
                          TlCell     *cell);

/**
 * tl_canvas_set_fills:
 * @self: a canvas
 * @fills: whether it takes all the room there is and scrolls by itself; else it is as high as its graph
 */
void tl_canvas_set_fills (TlCanvas *self,
                          gboolean  fills);

/**
 * tl_canvas_get_selected:
 *
 * Returns: (nullable): the selected node, if exactly one is
 */
const char *tl_canvas_get_selected (TlCanvas *self);

/**
 * tl_canvas_select:
 * @self: a canvas
 * @node: (nullable): a node
 */
void tl_canvas_select (TlCanvas   *self,
                       const char *node);

/**
 * tl_canvas_set_run_errors:
 * @self: a canvas
 * @errors: (nullable) (element-type TlOutputError): what the last run complained about
 */
void tl_canvas_set_run_errors (TlCanvas  *self,
                               GPtrArray *errors);

/**
 * tl_canvas_show_palette:
 *
 * Opens the list of rows from which a node is added.
 */
void tl_canvas_show_palette (TlCanvas *self);

/**
 * tl_canvas_duplicate:
 * @self: a canvas
 *
 * Copies the selected nodes, with their attributes and the links between and into them, and selects the copies.
 *
 * Returns: whether a node was selected
 */
gboolean tl_canvas_duplicate (TlCanvas *self);

/**
 * tl_canvas_get_report:
 *
 * Returns: (nullable) (transfer none): what is known of the graph as it is now
 */
const TlGraphReport *tl_canvas_get_report (TlCanvas *self);

G_END_DECLS
