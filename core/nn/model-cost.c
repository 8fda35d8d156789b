/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model costs: its forward pass is recorded in a scratch trace, and the recorded nodes are added up.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/node-private.h"
#include "core/graph/trace-private.h"
#include "core/nn/model-private.h"

static gboolean
eval_meta (const TlMeta       *meta,
           const TlModelMeter *meter,
           TlMeta             *number)
{
  TlDim shape[TL_TENSOR_MAX_RANK];

  for (guint axis = 0; axis < meta->rank; axis++) {
    shape[axis] = tl_dim_eval (meta->shape[axis], meter->sizes, meter->n_sizes);
    if (shape[axis] < 0)
      return FALSE;
  }
  tl_meta_init (number, meta->dtype, meta->rank, shape);
  return TRUE;
}

static double
n_bytes (const TlMeta *meta)
{
  return (double)tl_meta_get_n_elements (meta) * (double)tl_dtype_size (meta->dtype);
}

static void
add_node_cost (const TlNode       *node,
               const TlModelMeter *meter,
               TlModelCost        *cost)
{
  g_autofree TlMeta        *metas = g_new0 (TlMeta, node->n_in + node->n_out);
  g_autofree const TlMeta **in = g_new0 (const TlMeta *, node->n_in + 1);
  TlMeta                   *out = metas + node->n_in;
  TlCost                    own;

  if (node->op == &tl_op_leaf || (node->op->flags & TL_OP_VIEW) != 0)
    return;
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i] != NULL && eval_meta (&node->in[i]->meta, meter, &metas[i]))
      in[i] = &metas[i];
  for (guint i = 0; i < node->n_out; i++) {
    if (!eval_meta (&node->out[i].meta, meter, &out[i]))
      return;
    cost->n_activations += n_bytes (&out[i]);
  }
  tl_node_measure (node->op, in, node->n_in, node->attrs, out, node->n_out, &own);
  cost->flops += own.flops;
  cost->bytes += own.bytes;
}

static void
add_variable_cost (TlVariable  *variable,
                   TlModelCost *cost)
{
  const TlMeta *meta = tl_tensor_get_meta (tl_variable_get_value (variable));

  if (tl_variable_get_kind (variable) == TL_VARIABLE_PARAMETER)
    cost->n_parameters += tl_meta_get_n_elements (meta);
  cost->n_variables += (gint64)n_bytes (meta);
}

static void
add_cost (TlModelCost       *sum,
          const TlModelCost *part)
{
  sum->n_parameters += part->n_parameters;
  sum->n_variables += part->n_variables;
  sum->flops += part->flops;
  sum->bytes += part->bytes;
  sum->n_activations += part->n_activations;
}

static TlModelCost
instance_cost (TlInstance *self)
{
  TlModelCost sum = { 0 };

  for (guint k = 0; k < self->n_steps; k++)
    add_cost (&sum, &self->steps[k].cost);
  return sum;
}

void
tl_model_step_measure (TlModelStep        *step,
                       const TlModelMeter *meter,
                       guint               first_node)
{
  memset (&step->cost, 0, sizeof step->cost);
  if (step->n_parts > 0) {
    for (guint i = 0; i < step->n_parts; i++) {
      TlModelCost part = instance_cost (step->parts[i]);

      add_cost (&step->cost, &part);
    }
    return;
  }
  for (guint i = first_node; i < meter->trace->nodes->len; i++)
    add_node_cost (meter->trace->nodes->pdata[i], meter, &step->cost);
  for (guint slot = 0; step->layer != NULL && slot < tl_layer_get_n_variables (step->layer); slot++)
    if (tl_layer_get_variable (step->layer, slot) != NULL)
      add_variable_cost (tl_layer_get_variable (step->layer, slot), &step->cost);
}

/* Sizes that nobody stated count as one. */
static guint
complete_sizes (TlInstance      *built,
                const TlBinding *sizes,
                guint            n_sizes,
                TlBinding       *all)
{
  guint n = MIN (n_sizes, TL_MODEL_MAX_SIZES);

  for (guint i = 0; i < n; i++)
    all[i] = sizes[i];
  for (guint i = 0; i < built->n_inputs; i++)
    for (guint axis = 0; axis < built->inputs[i].rank; axis++) {
      TlDim size = built->inputs[i].shape[axis];

      if (tl_dim_is_symbolic (size) && tl_dim_eval (size, all, n) < 0 && n < TL_MODEL_MAX_SIZES)
        all[n++] = (TlBinding){ size, 1 };
    }
  return n;
}

/**
 * tl_model_measure:
 * @self: a model that is built
 * @sizes: (array length=n_sizes) (nullable): sizes of symbols, such as the batch size; 1 for others
 * @n_sizes: their number
 * @total: (out): what one forward pass costs
 * @error: return location for an error
 *
 * Works out costs, of the whole model and of each node: see tl_model_get_node_cost().
 *
 * Errors: as tl_model_build()
 *
 * Returns: whether it worked
 */
gboolean
tl_model_measure (TlModel         *self,
                  const TlBinding *sizes,
                  guint            n_sizes,
                  TlModelCost     *total,
                  GError         **error)
{
  TlBinding             all[TL_MODEL_MAX_SIZES];
  TlModelMeter          meter = { .sizes = all };
  g_autofree TlTensor **in = NULL, **out = NULL;
  TlContext            *scratch, *before;
  TlTrace              *trace;
  gboolean              ok;

  if (!self->is_complete && !tl_model_build (self, error))
    return FALSE;
  if (!self->is_complete) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: the shapes of its inputs are not known", self->name);
    return FALSE;
  }
  scratch = tl_scratch_begin (self, &before, &trace, error);
  if (scratch == NULL)
    return FALSE;
  meter.n_sizes = complete_sizes (self->built, sizes, n_sizes, all);
  meter.trace = trace;
  in = g_new0 (TlTensor *, self->built->n_inputs + 1);
  out = g_new0 (TlTensor *, self->built->n_outputs + 1);
  for (guint i = 0; i < self->built->n_inputs; i++)
    in[i] = tl_trace_add_input (trace, &self->built->inputs[i]);
  ok = tl_instance_run (self->built, NULL, in, out, &meter, error);
  for (guint i = 0; i < self->built->n_inputs; i++)
    g_clear_pointer (&in[i], tl_tensor_unref);
  for (guint i = 0; i < self->built->n_outputs; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  tl_scratch_end (scratch, before, trace);
  if (ok)
    *total = instance_cost (self->built);
  return ok;
}

/**
 * tl_model_get_node_cost:
 * @self: a model that was measured
 * @node: path of a node
 * @cost: (out): what it costs, as of the last tl_model_measure()
 *
 * Returns: whether there is such a node
 */
gboolean
tl_model_get_node_cost (TlModel     *self,
                        const char  *node,
                        TlModelCost *cost)
{
  TlModelStep *step = self->built != NULL ? tl_instance_find (self->built, node) : NULL;

  memset (cost, 0, sizeof *cost);
  if (step != NULL)
    *cost = step->cost;
  return step != NULL;
}
