/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A graph cell's text, understood: the model it defines, the training it holds, and what is wrong with it.
 *
 *     lua/syntax (text) -> app/catalog (rows) -> core/nn (TlModel), shapes, costs
 *                                             -> TlPipeline, if there is a Train node
 *
 * Nothing is computed and no data is read.
 *
 * Ownership: one owner, tl_graph_cell_free().  Thread rule: one thread at a time.
 */

#include "app/check/pipeline.h"
#include "core/nn/model.h"
#include "core/train/forecast.h"
#include "lua/syntax/graph-text.h"

G_BEGIN_DECLS

typedef struct _TlGraphCell TlGraphCell;

/**
 * TlGraphProblem:
 * @node: (nullable): name of the node
 * @attr: (nullable): name of the attribute
 * @line: line in the cell, from 1; 0 if it belongs to no line
 * @code: a #TlError
 * @message: one line
 */
typedef struct {
  const char *node;
  const char *attr;
  guint       line;
  int         code;
  const char *message;
} TlGraphProblem;

/**
 * TlGraphLookup:
 * @name: id of another graph cell
 * @user_data: of tl_graph_cell_new()
 *
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the model that cell defines; %NULL without an error if there is no such cell
 */
typedef TlModel *(*TlGraphLookup) (const char *name,
                                   gpointer    user_data,
                                   GError    **error);

TlGraphCell          *tl_graph_cell_new (const char   *id,
                                         const char   *text,
                                         TlGraphLookup lookup,
                                         gpointer      user_data);
void                  tl_graph_cell_free (TlGraphCell *self);
const TlGraphText    *tl_graph_cell_get_text (TlGraphCell *self);
TlModel              *tl_graph_cell_get_model (TlGraphCell *self);
const TlPipeline     *tl_graph_cell_get_pipeline (TlGraphCell *self);
void                  tl_graph_cell_set_data (TlGraphCell *self,
                                              TlDataset   *train,
                                              guint64      seed);
guint                 tl_graph_cell_get_n_problems (TlGraphCell *self);
const TlGraphProblem *tl_graph_cell_get_problem (TlGraphCell *self,
                                                 guint        problem);
char                 *tl_graph_cell_forecast (TlGraphCell *self,
                                              TlForecast  *forecast,
                                              GError     **error);
char                 *tl_graph_cell_get_shape_text (TlGraphCell *self,
                                                    const char  *node,
                                                    guint        output);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlGraphCell, tl_graph_cell_free)

G_END_DECLS
