/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/pipeline.h"

#include <string.h>

#include "app/check/graph-cell-private.h"
#include "core/base/error.h"
#include "core/data/datasets.h"
#include "core/graph/attr.h"

/**
 * tl_pipeline_make_transforms:
 * @nodes: (element-type TlPipelineNode): transforms in order
 * @n_nodes: how many of them count
 * @train: the training set
 * @seed: of random rows
 * @wrong: (out) (optional) (nullable): the node that does not fit
 * @error: return location for an error
 *
 * Errors: as tl_transforms_fit()
 *
 * Returns: (transfer full): the transforms, fitted to @train, or %NULL
 */
TlTransforms *
tl_pipeline_make_transforms (GPtrArray             *nodes,
                             guint                  n_nodes,
                             TlDataset             *train,
                             guint64                seed,
                             const TlPipelineNode **wrong,
                             GError               **error)
{
  g_autoptr (TlTransforms) self = tl_transforms_new ();

  for (guint i = 0; i < n_nodes; i++) {
    const TlPipelineNode *node = nodes->pdata[i];

    tl_transforms_add (self, node->entry->row, node->values, node->values[tl_attr_find (node->entry->attrs, "field")].s);
  }
  if (tl_transforms_fit (self, train, seed, error))
    return g_steal_pointer (&self);
  /* The shortest chain that does not fit ends with the one that is wrong. */
  for (guint i = 1; wrong != NULL && i <= n_nodes; i++) {
    TlTransforms *shorter = i < n_nodes ? tl_pipeline_make_transforms (nodes, i, train, seed, NULL, NULL) : NULL;

    *wrong = nodes->pdata[i - 1];
    tl_transforms_unref (shorter);
    if (shorter == NULL)
      break;
  }
  return NULL;
}

/* From a node of data back to the data set; transforms on the way are put in front of @transforms. */
TlCellNode *
tl_graph_cell_follow_data (TlGraphCell *self,
                           TlCellNode  *source,
                           GPtrArray   *transforms)
{
  /* A circle has been told; it ends here all the same. */
  for (guint i = 0; source != NULL && source->entry != NULL && i <= self->text->n_nodes; i++) {
    if (source->entry->kind == TL_CATALOG_DATASET)
      return source;
    if (source->entry->kind != TL_CATALOG_TRANSFORM)
      return NULL;
    g_ptr_array_insert (transforms, 0, source->parts);
    source = tl_graph_cell_get_source (self, source, 0, NULL);
  }
  return NULL;
}

static void
find_data (TlGraphCell *self)
{
  TlPipeline           *pipeline = &self->pipeline;
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  TlCellNode           *dataset = tl_graph_cell_follow_data (self, tl_graph_cell_get_source (self, self->batch, 0, NULL), pipeline->transforms);
  TlCellNode           *validation = tl_graph_cell_follow_data (self, tl_graph_cell_get_source (self, self->batch, 1, NULL), others);

  pipeline->batch = self->batch->parts;
  pipeline->dataset = dataset != NULL ? dataset->parts : NULL;
  pipeline->validation = validation != NULL ? validation->parts : NULL;
  if (others->len > 0)
    tl_graph_cell_fail (self, self->batch, TL_ERROR_VALUE,
                        "Batch: validation comes straight from a data set; it goes through the same transforms as data");
}

/* The only one of its kind; the others are wrong. */
static TlCellNode *
find_only (TlGraphCell  *self,
           TlCatalogKind kind)
{
  TlCellNode *found = NULL;

  for (guint i = 0; i < self->text->n_nodes; i++) {
    TlCellNode *node = &self->nodes[i];

    if (node->entry == NULL || node->entry->kind != kind)
      continue;
    if (found == NULL)
      found = node;
    else
      tl_graph_cell_fail (self, node, TL_ERROR_VALUE, "a cell has one %s, and %s is there already", node->entry->name,
                          found->text->name);
  }
  return found;
}

/* What the loss is of, and with what it is compared. */
static void
find_loss (TlGraphCell *self,
           TlCellNode  *loss)
{
  guint       target_output;
  TlCellNode *prediction = tl_graph_cell_get_source (self, loss, 0, &self->prediction_output);
  TlCellNode *target = tl_graph_cell_get_source (self, loss, 1, &target_output);

  if (loss->entry == NULL || loss->entry->kind != TL_CATALOG_LOSS)
    return;
  loss->is_loss = TRUE;
  self->pipeline.loss = loss->text;
  if (prediction == NULL || target == NULL)
    return;
  if (!tl_cell_node_computes (prediction))
    tl_graph_cell_fail (self, loss, TL_ERROR_VALUE, "%s: %s is no result of a model", loss->entry->name, loss->text->inputs[0].name);
  else
    self->prediction = prediction;
  if (target != self->batch)
    tl_graph_cell_fail (self, loss, TL_ERROR_VALUE, "%s: the target %s is no field of a Batch", loss->entry->name,
                        loss->text->inputs[1].name);
}

static void
find_optimizer (TlGraphCell *self)
{
  TlCellNode *node = tl_graph_cell_get_source (self, self->train, 1, NULL);

  if (node != NULL && node->entry != NULL && node->entry->kind == TL_CATALOG_SCHEDULE) {
    self->pipeline.schedule = node->parts;
    node = tl_graph_cell_get_source (self, node, 0, NULL);
  }
  if (node == NULL || node->entry == NULL)
    return;
  if (node->entry->kind == TL_CATALOG_OPTIMIZER)
    self->pipeline.optimizer = node->parts;
  else if (node->entry->kind == TL_CATALOG_SCHEDULE)
    tl_graph_cell_fail (self, node, TL_ERROR_UNSUPPORTED, "%s: an optimizer has one schedule at a time", node->entry->name);
}

static gboolean
same_link (TlGraphCell      *self,
           const TlCellNode *a,
           const TlCellNode *b,
           guint             input)
{
  guint a_output = 0, b_output = 0;

  return tl_graph_cell_get_source (self, a, input, &a_output) == tl_graph_cell_get_source (self, b, input, &b_output) &&
         a_output == b_output;
}

static void
find_metrics (TlGraphCell *self,
              TlCellNode  *loss)
{
  for (guint i = 2; i < self->train->text->n_inputs; i++) {
    TlCellNode *node = tl_graph_cell_get_source (self, self->train, i, NULL);

    if (node == NULL || node->entry == NULL || node->entry->kind != TL_CATALOG_METRIC)
      continue;
    g_ptr_array_add (self->pipeline.metrics, node->parts);
    if (loss != NULL && loss->is_loss && !node->is_wrong && (!same_link (self, node, loss, 0) || !same_link (self, node, loss, 1)))
      tl_graph_cell_fail (self, node, TL_ERROR_UNSUPPORTED, "%s: a metric has the prediction and the target of the loss: %s, %s",
                          node->entry->name, loss->text->n_inputs > 0 ? loss->text->inputs[0].name : "nil",
                          loss->text->n_inputs > 1 ? loss->text->inputs[1].name : "nil");
  }
}

/* The fields of a batch are taken in their order: inputs, then the target. */
static void
check_fields (TlGraphCell *self,
              TlCellNode  *loss)
{
  guint  target = 0, n = self->batch->text->n_outputs;
  guint8 used[TL_DATASET_MAX_FIELDS] = { 0 };

  for (guint i = 0; i < self->text->n_nodes; i++) {
    const TlCellNode *node = &self->nodes[i];

    if (node->entry != NULL && node->entry->kind == TL_CATALOG_LAYER &&
        (((const TlLayerClass *)node->entry->row)->flags & TL_LAYER_INPUT) != 0)
      tl_graph_cell_fail (self, (TlCellNode *)node, TL_ERROR_VALUE, "Input: a model that is trained here takes its inputs from %s",
                          self->batch->text->name);
    for (guint k = 0; tl_cell_node_computes (node) && !node->is_loss && k < node->text->n_inputs; k++) {
      guint output;

      if (tl_graph_cell_get_source (self, node, k, &output) == self->batch && output < TL_DATASET_MAX_FIELDS)
        used[output] = 1;
    }
  }
  if (tl_graph_cell_get_source (self, loss, 1, &target) != self->batch || target >= TL_DATASET_MAX_FIELDS)
    return;
  for (guint i = 0; i < MIN (n, TL_DATASET_MAX_FIELDS); i++)
    if (used[i] != (i < target)) {
      const char *name = self->batch->text->outputs[i].name;

      tl_graph_cell_fail (self, self->batch, TL_ERROR_VALUE,
                          i < target   ? "Batch: the model does not use %s, which comes before the target %s"
                          : i > target ? "Batch: the model uses %s, which comes behind the target %s"
                                       : "Batch: %s is the target, and the model uses it",
                          name, self->batch->text->outputs[target].name);
      return;
    }
}

/* The training that the cell holds, if it has a Train node. */
void
tl_graph_cell_find_pipeline (TlGraphCell *self)
{
  TlCellNode *loss;

  self->batch = find_only (self, TL_CATALOG_BATCH);
  self->train = find_only (self, TL_CATALOG_TRAIN);
  if (self->batch != NULL)
    find_data (self);
  if (self->train == NULL)
    return;
  self->pipeline.train = self->train->parts;
  loss = tl_graph_cell_get_source (self, self->train, 0, NULL);
  if (loss != NULL)
    find_loss (self, loss);
  find_optimizer (self);
  find_metrics (self, loss);
  /* Where something is wrong already, this would only follow from it. */
  if (self->batch != NULL && loss != NULL && loss->is_loss && self->problems->len == 0)
    check_fields (self, loss);
}

/*
 * Returns: (transfer full) (nullable): one item like those of a data set, if that is known without reading it
 */
TlDataset *
tl_pipeline_describe (const TlPipelineNode *node)
{
  const TlDatasetClass *row = node != NULL ? node->entry->row : NULL;

  return row != NULL && row->describe != NULL ? row->describe (node->values, NULL) : NULL;
}
