/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Placing a graph that nobody has placed: layers from left to right, rows of layers from top to bottom.
 *
 * A node stands one layer behind the last of those it needs; within a layer nodes are ordered so that links cross little.
 * After @max_layers layers a new row begins, as in a text, so that a deep network stays readable in a column.
 *
 * Thread rule: any thread.
 */

#include "ui/canvas/geometry.h"

G_BEGIN_DECLS

/** TL_LAYOUT_STEP_X: grid units between the left edges of two layers */
#define TL_LAYOUT_STEP_X 7.0
/** TL_LAYOUT_STEP_Y: grid units between the top edges of two nodes of a layer */
#define TL_LAYOUT_STEP_Y 2.5

/**
 * TlLayoutLink:
 * @from: index of a node
 * @to: index of another; links that close a circle are ignored
 */
typedef struct {
  guint from;
  guint to;
} TlLayoutLink;

/**
 * tl_layout_place:
 * @n_nodes: number of nodes
 * @links: (array length=n_links): links
 * @n_links: their number
 * @max_layers: layers in a row, at least 1
 * @places: (array length=n_nodes) (out): upper left corners, in grid units
 *
 * The result depends on the arguments only.
 */
void tl_layout_place (guint               n_nodes,
                      const TlLayoutLink *links,
                      guint               n_links,
                      guint               max_layers,
                      TlPoint            *places);

G_END_DECLS
