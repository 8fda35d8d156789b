/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graph cells of a session: the models they define, and the trainings they hold.
 */
#include <string.h>

#include "app/check/graph-cell.h"
#include "app/document/cell.h"
#include "app/kernel/session-private.h"
#include "core/base/error.h"
#include "core/data/datasets.h"

static gboolean
tell_problems (TlSession   *self,
               const char  *id,
               TlGraphCell *graph,
               GError     **error)
{
  for (guint i = 0; i < tl_graph_cell_get_n_problems (graph); i++) {
    const TlGraphProblem *problem = tl_graph_cell_get_problem (graph, i);
    GError               *wrong = g_error_new_literal (TL_ERROR, problem->code, problem->message);

    tl_session_tell_error (self, id, problem->line, problem->node, wrong);
    if (error != NULL && *error == NULL)
      *error = g_error_copy (wrong);
    g_error_free (wrong);
  }
  return tl_graph_cell_get_n_problems (graph) == 0;
}

/* What is wrong in another cell was told there. */
static TlModel *
lookup_cb (const char *name,
           gpointer    user_data,
           GError    **error)
{
  TlSession *self = user_data;
  GError    *reason = NULL;
  TlModel   *model;

  for (guint i = 0; i < self->reading->len; i++)
    if (strcmp (self->reading->pdata[i], name) == 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "the cells %s and %s contain each other", name,
                   (const char *)self->reading->pdata[self->reading->len - 1]);
      return NULL;
    }
  model = g_hash_table_contains (self->broken, name) ? NULL : tl_session_get_model (self, name, &reason);
  if (reason != NULL || g_hash_table_contains (self->broken, name))
    g_set_error (error, TL_ERROR, reason != NULL ? reason->code : TL_ERROR_CODE, "the cell %s has errors of its own", name);
  g_clear_error (&reason);
  return model;
}

static TlGraphCell *
read_cell (TlSession            *self,
           const TlSnapshotCell *cell,
           GError              **error)
{
  g_autoptr (TlGraphCell) graph = NULL;

  g_ptr_array_add (self->reading, cell->id);
  graph = tl_graph_cell_new (cell->id, cell->text, lookup_cb, self);
  g_ptr_array_set_size (self->reading, (int)self->reading->len - 1);
  if (tell_problems (self, cell->id, graph, error))
    return g_steal_pointer (&graph);
  g_hash_table_add (self->broken, g_strdup (cell->id));
  return NULL;
}

/* The text of a cell and of those it has as rows: a model is made anew when any of it changes. */
static void
append_text (TlSession            *self,
             const TlSnapshotCell *cell,
             GHashTable           *seen,
             GString              *text)
{
  g_autoptr (TlGraphText) graph = NULL;

  if (!g_hash_table_add (seen, (gpointer)cell))
    return;
  graph = tl_graph_text_parse (cell->text, -1);
  g_string_append_printf (text, "%s\n%s\n", cell->id, cell->text);
  for (guint i = 0; i < graph->n_nodes; i++) {
    const TlSnapshotCell *other = tl_snapshot_find (self->snapshot, graph->nodes[i].row);

    if (other != NULL && other->kind == TL_CELL_GRAPH)
      append_text (self, other, seen, text);
  }
}

static char *
whole_text (TlSession            *self,
            const TlSnapshotCell *cell)
{
  GString               *text = g_string_new (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  append_text (self, cell, seen, text);
  return g_string_free (text, FALSE);
}

static gboolean
is_current (TlSession            *self,
            const TlSnapshotCell *cell)
{
  g_autofree char *text = whole_text (self, cell);

  return g_strcmp0 (g_hash_table_lookup (self->texts, cell->id), text) == 0;
}

/* From here on, the model of this cell. */
static gboolean
keep_model (TlSession            *self,
            const TlSnapshotCell *cell,
            TlModel              *model,
            GError              **error)
{
  if (!tl_model_initialize (model, tl_context_get_seed (self->context), error))
    return FALSE;
  g_hash_table_insert (self->models, g_strdup (cell->id), tl_model_ref (model));
  g_hash_table_insert (self->texts, g_strdup (cell->id), whole_text (self, cell));
  return TRUE;
}

/**
 * tl_session_get_model:
 * @self: a session
 * @id: id of a graph cell
 * @error: return location for an error; it was told as an event too
 *
 * Finds the model of a graph cell, which is made anew when its text changed.
 *
 * Returns: (transfer full) (nullable): the model; %NULL without an error if there is no such cell
 */
TlModel *
tl_session_get_model (TlSession  *self,
                      const char *id,
                      GError    **error)
{
  const TlSnapshotCell   *cell = self->snapshot != NULL ? tl_snapshot_find (self->snapshot, id) : NULL;
  g_autoptr (TlGraphCell) graph = NULL;

  if (cell == NULL || cell->kind != TL_CELL_GRAPH)
    return NULL;
  if (is_current (self, cell))
    return tl_model_ref (g_hash_table_lookup (self->models, id));
  graph = read_cell (self, cell, error);
  if (graph == NULL || !keep_model (self, cell, tl_graph_cell_get_model (graph), error))
    return NULL;
  return tl_model_ref (tl_graph_cell_get_model (graph));
}

/* A training on its way from the nodes of a graph to a trainer. */
typedef struct {
  TlSession            *session;
  const TlSnapshotCell *cell;
  TlGraphCell          *graph;
  const TlPipeline     *pipeline;
  TlDataset            *parts[TL_DATASET_MAX_PARTS];
  TlDataset            *others[TL_DATASET_MAX_PARTS];
  GPtrArray            *parameters;
  TlMetric              metrics[TL_TRAINER_MAX_METRICS];
  TlTrainerOptions      options;
  const char           *resume;
} Training;

static void
training_clear (Training *self)
{
  for (guint i = 0; i < TL_DATASET_MAX_PARTS; i++) {
    g_clear_pointer (&self->parts[i], tl_dataset_unref);
    g_clear_pointer (&self->others[i], tl_dataset_unref);
  }
  g_clear_pointer (&self->parameters, g_ptr_array_unref);
  g_clear_pointer (&self->options.transforms, tl_transforms_unref);
  g_clear_pointer (&self->options.optimizer, tl_optimizer_unref);
}

/* An error belongs to the node that was at work. */
static gboolean
fail_at (Training          *self,
         const TlGraphNode *node,
         GError            *reason,
         GError           **error)
{
  if (!g_error_matches (reason, TL_ERROR, TL_ERROR_CANCELLED))
    tl_session_tell_error (self->session, self->cell->id, node->line, node->name, reason);
  g_propagate_error (error, reason);
  return FALSE;
}

static gboolean
load_data (Training *self,
           GError  **error)
{
  const TlPipelineNode *dataset = self->pipeline->dataset, *validation = self->pipeline->validation, *wrong = NULL;
  TlTrainerOptions     *options = &self->options;
  guint64               seed = options->seed != 0 ? options->seed : tl_context_get_seed (self->session->context);
  GError               *reason = NULL;

  if (!tl_dataset_class_load (dataset->entry->row, dataset->values, self->parts, &reason))
    return fail_at (self, dataset->node, reason, error);
  if (validation != NULL && !tl_dataset_class_load (validation->entry->row, validation->values, self->others, &reason))
    return fail_at (self, validation->node, reason, error);
  options->train = self->parts[0];
  options->validation = validation != NULL ? self->others[0] : self->parts[1];
  tl_graph_cell_set_data (self->graph, options->train, seed);
  if (!tell_problems (self->session, self->cell->id, self->graph, error))
    return FALSE;
  options->transforms = tl_pipeline_make_transforms (self->pipeline->transforms, self->pipeline->transforms->len, options->train, seed,
                                                     &wrong, &reason);
  return options->transforms != NULL || fail_at (self, wrong->node, reason, error);
}

static gboolean
make_optimizer (Training *self,
                GError  **error)
{
  const TlPipelineNode   *node = self->pipeline->optimizer, *schedule = self->pipeline->schedule;
  const TlOptimizerClass *row = node != NULL ? node->entry->row : tl_optimizer_find ("Adam");
  GError                 *reason = NULL;

  self->parameters = tl_model_get_parameters (self->options.model);
  if (self->parameters->len == 0)
    return fail_at (self, self->pipeline->train->node,
                    g_error_new_literal (TL_ERROR, TL_ERROR_VALUE, "Train: the model has nothing to train"), error);
  self->options.optimizer = tl_optimizer_new (row, (TlVariable **)self->parameters->pdata, self->parameters->len,
                                              node != NULL ? node->values : NULL, &reason);
  if (self->options.optimizer == NULL)
    return fail_at (self, node != NULL ? node->node : self->pipeline->train->node, reason, error);
  if (schedule != NULL) {
    self->options.schedule = schedule->entry->row;
    self->options.schedule_attrs = schedule->values;
  }
  return TRUE;
}

static gboolean
make_metrics (Training *self,
              GError  **error)
{
  GPtrArray *nodes = self->pipeline->metrics;

  if (nodes->len > TL_TRAINER_MAX_METRICS)
    return fail_at (self, self->pipeline->train->node,
                    g_error_new (TL_ERROR, TL_ERROR_UNSUPPORTED, "Train: %u metrics, but there is room for %d", nodes->len,
                                 TL_TRAINER_MAX_METRICS),
                    error);
  for (guint i = 0; i < nodes->len; i++) {
    const TlPipelineNode *node = nodes->pdata[i];

    tl_metric_init (&self->metrics[i], node->entry->row, node->values);
  }
  self->options.metrics = self->metrics;
  self->options.n_metrics = nodes->len;
  return TRUE;
}

static gboolean
run_training (Training *self,
              GError  **error)
{
  TlSession            *session = self->session;
  TlTrainingHost        host = tl_session_training_host;
  const TlPipelineNode *train = self->pipeline->train;
  TlTrainer            *trainer = NULL;
  GError               *reason = NULL;
  gboolean              ok;

  host.user_data = session;
  self->resume = tl_training_set_options (&self->options, train->values, train->given);
  if (!load_data (self, error))
    return FALSE;
  self->options.model = tl_graph_cell_get_model (self->graph);
  self->options.loss_layer = self->pipeline->loss_layer;
  self->options.sink = host.sink;
  self->options.sink_data = session;
  if (!keep_model (session, self->cell, self->options.model, &reason))
    return fail_at (self, train->node, reason, error);
  if (!make_optimizer (self, error) || !make_metrics (self, error))
    return FALSE;
  ok = tl_training_run (&host, self->cell->id, self->resume, &self->options, &trainer, &reason);
  tl_trainer_free (trainer);
  return ok || fail_at (self, train->node, reason, error);
}

/**
 * tl_session_run_graph:
 * @self: a session
 * @cell: a graph cell
 * @error: return location for an error; it was told as an event too
 *
 * Makes the model that a graph cell defines; a cell that holds a training trains it, from its beginning.
 *
 * Returns: whether it went well
 */
gboolean
tl_session_run_graph (TlSession            *self,
                      const TlSnapshotCell *cell,
                      GError              **error)
{
  g_autoptr (TlGraphCell) graph = NULL;
  Training                training = { .session = self, .cell = cell };
  gboolean                ok;

  graph = read_cell (self, cell, error);
  if (graph == NULL)
    return FALSE;
  training.graph = graph;
  training.pipeline = tl_graph_cell_get_pipeline (graph);
  if (training.pipeline == NULL) {
    /* A model that other cells have trained stays as long as its text. */
    if (is_current (self, cell))
      return TRUE;
    return keep_model (self, cell, tl_graph_cell_get_model (graph), error);
  }
  ok = run_training (&training, error);
  training_clear (&training);
  return ok;
}
