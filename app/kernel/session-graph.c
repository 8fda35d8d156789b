/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graph cells of a session.
 */
#include "app/check/graph-cell.h"
#include "app/document/cell.h"
#include "app/kernel/session-private.h"
#include "core/base/error.h"

static TlModel *
lookup_cb (const char *name,
           gpointer    user_data);

/* The model of a graph cell, made anew when its text changed. */
TlModel *
tl_session_get_model (TlSession  *self,
                      const char *id,
                      GError    **error)
{
  const TlSnapshotCell   *cell = self->snapshot != NULL ? tl_snapshot_find (self->snapshot, id) : NULL;
  g_autoptr (TlGraphCell) graph = NULL;
  TlModel                *model;

  if (cell == NULL || cell->kind != TL_CELL_GRAPH)
    return NULL;
  if (g_strcmp0 (g_hash_table_lookup (self->texts, id), cell->text) == 0)
    return tl_model_ref (g_hash_table_lookup (self->models, id));
  graph = tl_graph_cell_new (id, cell->text, lookup_cb, self);
  for (guint i = 0; i < tl_graph_cell_get_n_problems (graph); i++) {
    const TlGraphProblem *problem = tl_graph_cell_get_problem (graph, i);
    GError               *wrong = g_error_new_literal (TL_ERROR, problem->code, problem->message);

    tl_session_tell_error (self, id, problem->line, problem->node, wrong);
    if (error != NULL && *error == NULL)
      *error = g_error_copy (wrong);
    g_error_free (wrong);
  }
  if (tl_graph_cell_get_n_problems (graph) > 0)
    return NULL;
  model = tl_model_ref (tl_graph_cell_get_model (graph));
  if (!tl_model_initialize (model, tl_context_get_seed (self->context), error)) {
    tl_model_unref (model);
    return NULL;
  }
  g_hash_table_insert (self->models, g_strdup (id), tl_model_ref (model));
  g_hash_table_insert (self->texts, g_strdup (id), g_strdup (cell->text));
  return model;
}

static TlModel *
lookup_cb (const char *name,
           gpointer    user_data)
{
  return tl_session_get_model (user_data, name, NULL);
}
