/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A graph cell, and what its files share.
 *
 *     graph-cell.c         reads nodes, attributes and links; keeps what is wrong
 *     graph-cell-model.c   makes models of the nodes that compute
 *     pipeline.c           finds the training in the others
 */

#include "app/check/graph-cell.h"
#include "app/check/pipeline.h"

G_BEGIN_DECLS

/**
 * TlCellNode:
 * @text: the node in the text
 * @entry: (nullable): its row; %NULL for another cell or an unknown row
 * @sub: (nullable): the model of another cell
 * @parts: (nullable): its attributes, if it is no part of the model
 * @is_loss: whether it is the loss of the cell's training
 * @is_wrong: whether its row or its links are wrong, so that what a build says of it tells nothing new
 * @shape: (nullable): what its links carry, of those that carry data
 */
typedef struct {
  const TlGraphNode    *text;
  const TlCatalogEntry *entry;
  TlModel              *sub;
  TlPipelineNode       *parts;
  gboolean              is_loss;
  gboolean              is_wrong;
  char                 *shape;
} TlCellNode;

/* What is known of the fields of a batch. */
typedef struct {
  guint      n;
  TlItemType types[TL_DATASET_MAX_FIELDS];
} TlCellFields;

struct _TlGraphCell {
  char         *id;
  TlGraphText  *text;
  TlCellNode   *nodes; /* as many as the text has */
  TlModel      *whole; /* all that computes: what is checked */
  TlModel      *model; /* what a cell defines: @whole, or, if it trains, that without the loss */
  GArray       *problems;
  guint         n_text_problems; /* those that stay when the models are built again */
  GStringChunk *strings;
  TlGraphLookup lookup;
  gpointer      user_data;
  TlCellNode   *batch, *train; /* NULL if there is none */
  TlCellNode   *prediction;    /* what the loss is of */
  guint         prediction_output;
  TlPipeline    pipeline;
  TlCellFields  fields;
};

/* graph-cell.c */
void        tl_graph_cell_add_problem (TlGraphCell *self,
                                       const char  *node,
                                       const char  *attr,
                                       guint        line,
                                       int          code,
                                       const char  *message);
void        tl_graph_cell_fail (TlGraphCell *self,
                                TlCellNode  *node,
                                int          code,
                                const char  *format,
                                ...) G_GNUC_PRINTF (4, 5);
TlCellNode *tl_graph_cell_get_source (TlGraphCell      *self,
                                      const TlCellNode *node,
                                      guint             input,
                                      guint            *output);
gboolean    tl_cell_node_computes (const TlCellNode *self);

/* graph-cell-model.c */

/**
 * TlCellAttrFunc:
 * @user_data: what has the attribute
 * @node: name of the node
 * @attr: name of the attribute
 * @input: its value
 * @error: return location for an error
 *
 * Returns: whether it was taken
 */
typedef gboolean (*TlCellAttrFunc) (gpointer           user_data,
                                    const char        *node,
                                    const char        *attr,
                                    const TlAttrInput *input,
                                    GError           **error);

gboolean tl_graph_cell_set_attr (TlGraphCell       *self,
                                 const TlGraphNode *node,
                                 const TlGraphAttr *attr,
                                 TlCellAttrFunc     set,
                                 gpointer           user_data,
                                 GError           **error);
void     tl_graph_cell_build (TlGraphCell *self,
                              TlDataset   *sample,
                              guint64      seed);

/* pipeline.c */
void        tl_graph_cell_find_pipeline (TlGraphCell *self);
TlDataset  *tl_pipeline_describe (const TlPipelineNode *node);
TlCellNode *tl_graph_cell_follow_data (TlGraphCell *self,
                                       TlCellNode  *source,
                                       GPtrArray   *transforms);

G_END_DECLS
