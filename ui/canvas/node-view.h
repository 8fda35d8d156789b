/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One node on the canvas, with its ports as buttons on its edges.
 *
 * It shows what it is told and holds nothing; the canvas decides where it stands and what pointer and keys do.
 *
 * Signal `port-clicked (is_output, index)`.
 *
 * Thread rule: main thread only.
 */

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TL_TYPE_NODE_VIEW (tl_node_view_get_type ())
G_DECLARE_FINAL_TYPE (TlNodeView, tl_node_view, TL, NODE_VIEW, GtkWidget)

/**
 * TlNodeLook:
 * @name: the node's name
 * @row: its row
 * @group: (nullable): group of the row
 * @attrs: (nullable): attributes that are set, on one line
 * @count: (nullable): number of parameters as text
 * @error: (nullable): what is wrong with it
 * @shape: (nullable): shape of its first output
 * @n_inputs: ports on the left
 * @n_outputs: ports on the right
 */
typedef struct {
  const char *name;
  const char *row;
  const char *group;
  const char *attrs;
  const char *count;
  const char *error;
  const char *shape;
  guint       n_inputs;
  guint       n_outputs;
} TlNodeLook;

GtkWidget *tl_node_view_new (void);
void       tl_node_view_set_look (TlNodeView       *self,
                                  const TlNodeLook *look);
void       tl_node_view_set_selected (TlNodeView *self,
                                      gboolean    selected);

/**
 * tl_node_view_set_detail:
 * @self: a node
 * @detail: 2 all, 1 the row's name only, 0 no text
 */
void tl_node_view_set_detail (TlNodeView *self,
                              int         detail);

/* Names of the colours that the left edges of nodes have.  KEEP IN STEP: the groups in style.css */
#define TL_NODE_N_EDGES 5
extern const char *const tl_node_edges[TL_NODE_N_EDGES];

/**
 * tl_node_view_get_edge:
 *
 * Returns: which of tl_node_edges its group has
 */
guint    tl_node_view_get_edge (TlNodeView *self);
gboolean tl_node_view_has_error (TlNodeView *self);

G_END_DECLS
