/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the nodes that compute to models, and from data sets to the shapes on links.
 */
#include <string.h>

#include "app/check/graph-cell-private.h"
#include "core/base/error.h"
#include "core/train/metrics.h"

gboolean
tl_cell_node_computes (const TlCellNode *self)
{
  return self->entry == NULL || self->entry->kind == TL_CATALOG_LAYER || self->entry->kind == TL_CATALOG_LOSS ||
         self->entry->kind == TL_CATALOG_OP;
}

/* An evaluated value as the tables take it; names that are left are symbolic sizes. */
static gboolean
to_input (const TlLuaExpr *value,
          TlAttrInput     *input,
          TlAttrInput     *items,
          guint            max_items)
{
  switch (value->kind) {
  case TL_LUA_EXPR_NIL:
    *input = TL_INPUT_NIL;
    return TRUE;
  case TL_LUA_EXPR_BOOL:
    *input = TL_INPUT_BOOL (value->integer != 0);
    return TRUE;
  case TL_LUA_EXPR_INTEGER:
    *input = TL_INPUT_INT (value->integer);
    return TRUE;
  case TL_LUA_EXPR_NUMBER:
    *input = TL_INPUT_NUMBER (value->number);
    return TRUE;
  case TL_LUA_EXPR_STRING:
    *input = TL_INPUT_STRING (value->string);
    return TRUE;
  case TL_LUA_EXPR_NAME:
    *input = TL_INPUT_DIM (tl_dim_symbol (value->string));
    return TRUE;
  case TL_LUA_EXPR_TABLE:
    if (value->n_items > max_items)
      return FALSE;
    for (guint i = 0; i < value->n_items; i++)
      if (value->items[i].key != NULL || !to_input (value->items[i].value, &items[i], NULL, 0))
        return FALSE;
    *input = TL_INPUT_LIST (items, value->n_items);
    return TRUE;
  case TL_LUA_EXPR_UNARY:
  case TL_LUA_EXPR_BINARY:
    break;
  }
  return FALSE;
}

/*
 * Evaluates an attribute and hands it to @set.
 *
 * Returns: whether it is a value that @set took
 */
gboolean
tl_graph_cell_set_attr (TlGraphCell       *self,
                        const TlGraphNode *node,
                        const TlGraphAttr *attr,
                        TlCellAttrFunc     set,
                        gpointer           user_data,
                        GError           **error)
{
  g_autoptr (TlLuaExpr) value = tl_graph_text_eval (self->text, attr->value, NULL, NULL, error);
  TlAttrInput           input, items[TL_ATTR_MAX_NUMBERS];

  if (value == NULL)
    return FALSE;
  if (to_input (value, &input, items, G_N_ELEMENTS (items)))
    return set (user_data, node->name, attr->name, &input, error);
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %s: not a value this attribute can have", node->row, attr->name,
               attr->text);
  return FALSE;
}

static gboolean
set_model_attr_cb (gpointer           user_data,
                   const char        *node,
                   const char        *attr,
                   const TlAttrInput *input,
                   GError           **error)
{
  return tl_model_set_attr (user_data, node, attr, input, error);
}

static guint
get_times (TlGraphCell       *self,
           const TlGraphNode *node)
{
  const TlGraphAttr    *attr = tl_graph_node_find_attr (node, "times");
  g_autoptr (TlLuaExpr) value = attr != NULL ? tl_graph_text_eval (self->text, attr->value, NULL, NULL, NULL) : NULL;
  g_autofree char      *message = NULL;

  if (attr == NULL)
    return 1;
  if (value != NULL && value->kind == TL_LUA_EXPR_INTEGER && value->integer >= 1 && value->integer <= 1000)
    return (guint)value->integer;
  message = g_strdup_printf ("%s: times = %s: a whole number from 1 to 1000 is wanted", node->row, attr->text);
  tl_graph_cell_add_problem (self, node->name, attr->name, attr->line, TL_ERROR_VALUE, message);
  return 1;
}

static void
add_node (TlGraphCell      *self,
          TlModel          *model,
          const TlCellNode *node)
{
  const TlGraphNode *text = node->text;
  GError            *error = NULL;

  if (node->sub != NULL)
    tl_model_add_model (model, text->name, node->sub, get_times (self, text), &error);
  else
    tl_model_add (model, text->name, text->row, &error);
  if (error != NULL) {
    /* An unknown row was told when it was read. */
    if (node->sub != NULL || node->entry != NULL)
      tl_graph_cell_add_problem (self, text->name, NULL, text->line, error->code, error->message);
    g_error_free (error);
    return;
  }
  for (guint i = 0; i < text->n_attrs; i++) {
    const TlGraphAttr *attr = &text->attrs[i];

    if (node->sub != NULL && strcmp (attr->name, "times") == 0)
      continue;
    if (!tl_graph_cell_set_attr (self, text, attr, set_model_attr_cb, model, &error)) {
      tl_graph_cell_add_problem (self, text->name, attr->name, attr->line, error->code, error->message);
      g_clear_error (&error);
    }
  }
}

static gboolean
is_used (TlGraphCell *self,
         guint        output,
         gboolean     with_loss)
{
  for (guint i = 0; i < self->text->n_nodes; i++) {
    const TlCellNode *node = &self->nodes[i];
    guint             of;

    for (guint k = 0; tl_cell_node_computes (node) && (with_loss || !node->is_loss) && k < node->text->n_inputs; k++)
      if (tl_graph_cell_get_source (self, node, k, &of) == self->batch && of == output)
        return TRUE;
  }
  return FALSE;
}

/* Each field that is used is an input of the model. */
static void
add_fields (TlGraphCell        *self,
            TlModel            *model,
            const TlCellFields *fields,
            gboolean            with_loss)
{
  for (guint i = 0; self->batch != NULL && i < self->batch->text->n_outputs; i++) {
    const char       *name = self->batch->text->outputs[i].name;
    const TlItemType *type = &fields->types[i];
    TlAttrInput       items[TL_ATTR_MAX_INTS], shape;

    if (!is_used (self, i, with_loss) || !tl_model_add (model, name, "Input", NULL) || i >= fields->n ||
        type->rank >= TL_ATTR_MAX_INTS)
      continue;
    items[0] = TL_INPUT_DIM (tl_dim_symbol ("N"));
    for (guint axis = 0; axis < type->rank; axis++)
      items[axis + 1] = TL_INPUT_INT (type->shape[axis]);
    shape = TL_INPUT_LIST (items, type->rank + 1);
    tl_model_set_attr (model, name, "shape", &shape, NULL);
    tl_model_set_attr (model, name, "dtype", &TL_INPUT_STRING (tl_dtype_name (type->dtype)), NULL);
  }
}

static void
connect_node (TlGraphCell      *self,
              TlModel          *model,
              const TlCellNode *node)
{
  for (guint i = 0; i < node->text->n_inputs; i++) {
    guint             output = 0;
    const TlCellNode *source = tl_graph_cell_get_source (self, node, i, &output);
    const char       *from = NULL;
    GError           *error = NULL;

    if (source == NULL || (source != self->batch && !tl_cell_node_computes (source)))
      continue;
    from = source == self->batch ? source->text->outputs[output].name : source->text->name;
    if (tl_model_connect (model, from, source == self->batch ? 0 : output, node->text->name, i, &error))
      continue;
    tl_graph_cell_add_problem (self, node->text->name, NULL, node->text->line, error->code, error->message);
    g_error_free (error);
  }
}

static TlModel *
make_model (TlGraphCell        *self,
            const TlCellFields *fields,
            gboolean            with_loss)
{
  TlModel *model = tl_model_new (self->id);

  tl_model_set_cell (model, self->id);
  add_fields (self, model, fields, with_loss);
  for (guint i = 0; i < self->text->n_nodes; i++)
    if (tl_cell_node_computes (&self->nodes[i]) && (with_loss || !self->nodes[i].is_loss))
      add_node (self, model, &self->nodes[i]);
  for (guint i = 0; i < self->text->n_nodes; i++)
    if (tl_cell_node_computes (&self->nodes[i]) && (with_loss || !self->nodes[i].is_loss))
      connect_node (self, model, &self->nodes[i]);
  return model;
}

static TlCellNode *
find_parts (TlGraphCell          *self,
            const TlPipelineNode *parts)
{
  for (guint i = 0; i < self->text->n_nodes; i++)
    if (parts != NULL && self->nodes[i].parts == parts)
      return &self->nodes[i];
  return NULL;
}

static char *
type_text (const TlItemType *type)
{
  g_autofree char *shape = tl_shape_to_string (type->shape, type->rank);

  return g_strdup_printf ("%s %s", tl_dtype_name (type->dtype), shape);
}

/* What the links behind a data set or a transform carry. */
static void
find_data_shape (TlGraphCell *self,
                 TlCellNode  *node,
                 TlDataset   *sample)
{
  g_autoptr (GPtrArray)    chain = g_ptr_array_new ();
  TlCellNode              *dataset = tl_graph_cell_follow_data (self, node, chain);
  g_autoptr (TlDataset)    described = NULL;
  g_autoptr (TlTransforms) transforms = NULL;

  g_clear_pointer (&node->shape, g_free);
  if (dataset == NULL)
    return;
  if (sample != NULL && dataset->parts == self->pipeline.dataset)
    described = tl_dataset_ref (sample);
  else
    described = tl_pipeline_describe (dataset->parts);
  if (described != NULL)
    transforms = tl_pipeline_make_transforms (chain, chain->len, described, 0, NULL, NULL);
  if (transforms != NULL)
    node->shape = type_text (tl_transforms_get_out_type (transforms, 0));
}

/* The fields of the batch, if it is known of what. */
static void
find_fields (TlGraphCell  *self,
             TlDataset    *sample,
             guint64       seed,
             TlCellFields *fields)
{
  g_autoptr (TlTransforms) transforms = NULL;
  const TlPipelineNode    *wrong = NULL;
  GError                  *error = NULL;

  fields->n = 0;
  if (self->pipeline.dataset == NULL || sample == NULL)
    return;
  transforms = tl_pipeline_make_transforms (self->pipeline.transforms, self->pipeline.transforms->len, sample, seed, &wrong, &error);
  if (transforms == NULL) {
    tl_graph_cell_fail (self, find_parts (self, wrong), error->code, "%s", error->message);
    g_error_free (error);
    return;
  }
  for (guint i = 0; i < tl_dataset_get_n_fields (sample); i++)
    fields->types[i] = *tl_transforms_get_out_type (transforms, i);
  fields->n = tl_dataset_get_n_fields (sample);
  if (self->batch->text->n_outputs > fields->n)
    tl_graph_cell_fail (self, self->batch, TL_ERROR_VALUE, "Batch: %u fields are named, but the data set has %u",
                        self->batch->text->n_outputs, fields->n);
}

static TlCellNode *
node_of_path (TlGraphCell *self,
              const char  *path)
{
  gsize n = strcspn (path, ".");

  for (guint i = 0; i < self->text->n_nodes; i++)
    if (strncmp (self->nodes[i].text->name, path, n) == 0 && self->nodes[i].text->name[n] == '\0')
      return &self->nodes[i];
  return NULL;
}

static void
take_problems (TlGraphCell *self)
{
  for (guint i = 0; i < tl_model_get_n_problems (self->whole); i++) {
    const TlModelProblem *problem = tl_model_get_problem (self->whole, i);
    const TlCellNode     *node = node_of_path (self, problem->node);
    const TlGraphAttr    *attr = node != NULL && problem->attr != NULL ? tl_graph_node_find_attr (node->text, problem->attr) : NULL;

    if (node == NULL || !node->is_wrong)
      tl_graph_cell_add_problem (self, problem->node, problem->attr,
                                 attr != NULL   ? attr->line
                                 : node != NULL ? node->text->line
                                                : 0,
                                 problem->code, problem->message);
  }
}

static void
check_metrics (TlGraphCell *self)
{
  const TlMeta *output = tl_model_get_node_output (self->whole, self->prediction->text->name, self->prediction_output);

  for (guint i = 0; i < self->pipeline.metrics->len; i++) {
    const TlPipelineNode *parts = self->pipeline.metrics->pdata[i];
    TlCellNode           *node = find_parts (self, parts);
    guint                 field = 0;
    const TlMeta         *target = NULL;
    TlMetric              metric;
    GError               *error = NULL;

    if (tl_graph_cell_get_source (self, node, 1, &field) == self->batch)
      target = tl_model_get_node_output (self->whole, self->batch->text->outputs[field].name, 0);
    tl_metric_init (&metric, parts->entry->row, parts->values);
    if (output == NULL || target == NULL || tl_metric_check (&metric, output, target, &error))
      continue;
    tl_graph_cell_fail (self, node, error->code, "%s", error->message);
    g_error_free (error);
  }
}

static gboolean
set_layer_attr_cb (gpointer           user_data,
                   const char        *node,
                   const char        *attr,
                   const TlAttrInput *input,
                   GError           **error)
{
  return tl_layer_set_attr (user_data, attr, input, error);
}

/* What a training needs of the nodes that compute: the model as far as the prediction, and the loss by itself. */
static void
split (TlGraphCell        *self,
       const TlCellFields *fields)
{
  const TlGraphNode *loss = self->pipeline.loss;

  tl_model_unref (self->model);
  self->model = make_model (self, fields, FALSE);
  tl_model_add_output (self->model, self->prediction->text->name, self->prediction_output, NULL);
  tl_model_build (self->model, NULL);
  g_clear_pointer (&self->pipeline.loss_layer, tl_layer_unref);
  self->pipeline.loss_layer = tl_layer_new (tl_layer_find (loss->row), loss->name, TL_DTYPE_F32);
  for (guint i = 0; i < loss->n_attrs; i++)
    tl_graph_cell_set_attr (self, loss, &loss->attrs[i], set_layer_attr_cb, self->pipeline.loss_layer, NULL);
}

/*
 * Makes the models anew, with the types of the items of @sample where it is known, and finds what is wrong.
 */
void
tl_graph_cell_build (TlGraphCell *self,
                     TlDataset   *sample,
                     guint64      seed)
{
  gboolean computes = FALSE;

  find_fields (self, sample, seed, &self->fields);
  for (guint i = 0; i < self->text->n_nodes; i++)
    if (self->nodes[i].entry != NULL &&
        (self->nodes[i].entry->kind == TL_CATALOG_DATASET || self->nodes[i].entry->kind == TL_CATALOG_TRANSFORM))
      find_data_shape (self, &self->nodes[i], sample);
  g_clear_pointer (&self->whole, tl_model_unref);
  self->whole = make_model (self, &self->fields, TRUE);
  for (guint i = 0; i < self->text->n_nodes; i++)
    computes = computes || tl_cell_node_computes (&self->nodes[i]);
  /* As long as nothing is known of the data, nothing is known of what is computed from it. */
  if (self->batch != NULL ? self->fields.n > 0 && computes : TRUE) {
    tl_model_build (self->whole, NULL);
    take_problems (self);
  }
  g_clear_pointer (&self->model, tl_model_unref);
  self->model = tl_model_ref (self->whole);
  if (self->train == NULL || self->prediction == NULL || self->fields.n == 0 || self->problems->len > 0)
    return;
  check_metrics (self);
  if (self->problems->len == 0)
    split (self, &self->fields);
}
