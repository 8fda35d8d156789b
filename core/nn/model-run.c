/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A built model: running it, its shapes and its variables.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/function.h"
#include "core/graph/trace-private.h"
#include "core/nn/model-private.h"
#include "core/op/ops.h"

/* Running. */

/* A sub-model as a function: what it computes need not be kept. */
typedef struct {
  TlInstance *instance; /* owned */
  const char *cell;
} Part;

static gboolean
part_forward_cb (gpointer         data,
                 TlTensor *const *in,
                 guint            n_in,
                 TlTensor       **out,
                 guint           *n_out,
                 GError         **error)
{
  Part *self = data;

  if (!tl_instance_run (self->instance, self->cell, in, out, NULL, error))
    return FALSE;
  *n_out = self->instance->n_outputs;
  return TRUE;
}

static void
part_free (gpointer data)
{
  tl_instance_unref (((Part *)data)->instance);
  g_free (data);
}

static const TlFunctionClass part_class = { "checkpoint", part_forward_cb, NULL, part_free };

/* *@y becomes @x + *@y. */
gboolean
tl_model_add_residual (TlTensor  *x,
                       TlTensor **y,
                       GError   **error)
{
  TlTensor *sum = tl_add (x, *y, error);

  if (sum == NULL) {
    g_prefix_error (error, "residual: ");
    return FALSE;
  }
  tl_tensor_unref (*y);
  *y = sum;
  return TRUE;
}

static gboolean
run_part_alone (TlModelStep        *step,
                guint               k,
                const char         *cell,
                TlTensor          **in,
                TlTensor          **out,
                const TlModelMeter *meter,
                GError            **error)
{
  TlInstance *instance = step->parts[k];
  Part       *part;
  guint       n_out;

  if (!step->checkpoint || meter != NULL || instance->n_outputs > TL_FUNCTION_MAX_OUT)
    return tl_instance_run (instance, cell, in, out, meter, error);
  part = g_new (Part, 1);
  *part = (Part){ tl_instance_ref (instance), cell };
  return tl_function_apply (&part_class, part, in, instance->n_inputs, out, &n_out, error);
}

static gboolean
run_part (TlModelStep        *step,
          guint               k,
          const char         *cell,
          TlTensor          **in,
          TlTensor          **out,
          const TlModelMeter *meter,
          GError            **error)
{
  if (!run_part_alone (step, k, cell, in, out, meter, error))
    return FALSE;
  if (!step->residual || tl_model_add_residual (in[0], &out[0], error))
    return TRUE;
  for (guint i = 0; i < step->parts[k]->n_outputs; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  return FALSE;
}

static gboolean
run_parts (TlModelStep        *step,
           const char         *cell,
           TlTensor          **in,
           TlTensor          **out,
           const TlModelMeter *meter,
           GError            **error)
{
  TlTensor *between[TL_LAYER_MAX_IN] = { NULL };
  gboolean  ok = TRUE;

  if (step->n_parts == 1)
    return run_part (step, 0, cell, in, out, meter, error);
  for (guint i = 0; i < step->n_in; i++)
    between[i] = tl_tensor_ref (in[i]);
  for (guint k = 0; k < step->n_parts && ok; k++) {
    ok = run_part (step, k, cell, between, out, meter, error);
    for (guint i = 0; i < step->n_in && ok && k + 1 < step->n_parts; i++) {
      tl_tensor_unref (between[i]);
      between[i] = g_steal_pointer (&out[i]);
    }
  }
  for (guint i = 0; i < step->n_in; i++)
    tl_tensor_unref (between[i]);
  return ok;
}

static gboolean
run_step (TlModelStep        *step,
          const char         *cell,
          TlTensor          **values,
          const TlModelMeter *meter,
          GError            **error)
{
  TlTensor *in[TL_LAYER_MAX_IN];
  guint     first_node = meter != NULL ? meter->trace->nodes->len : 0;
  gboolean  ok;

  for (guint i = 0; i < step->n_in; i++)
    in[i] = step->in[i] != G_MAXUINT ? values[step->in[i]] : NULL;
  if (step->layer != NULL)
    ok = tl_layer_forward (step->layer, in, step->n_in, &values[step->first_out], step->n_out, error);
  else if (step->op != NULL)
    ok = tl_op_apply (step->op, in, step->n_in, step->attrs, &values[step->first_out], step->n_out, error);
  else
    return run_parts (step, cell, in, &values[step->first_out], meter, error);
  if (!ok)
    g_prefix_error (error, "%s: ", step->path);
  else if (meter != NULL)
    tl_model_step_measure (step, meter, first_node);
  return ok;
}

/* On failure @outputs is not touched. */
gboolean
tl_instance_run (TlInstance         *self,
                 const char         *cell,
                 TlTensor *const    *inputs,
                 TlTensor          **outputs,
                 const TlModelMeter *meter,
                 GError            **error)
{
  TlContext            *context = tl_context_get ();
  g_autofree TlTensor **values = g_new0 (TlTensor *, self->n_values + 1);
  TlSource              outer, source;
  gboolean              ok = TRUE;

  tl_context_get_source (context, &outer);
  source = outer;
  if (cell != NULL)
    source = (TlSource){ .cell = cell };
  for (guint i = 0; i < self->n_inputs; i++)
    values[i] = tl_tensor_ref (inputs[i]);
  for (guint k = 0; k < self->n_steps && ok; k++) {
    TlModelStep *step = &self->steps[k];

    source.node = step->path;
    tl_context_set_source (context, &source);
    ok = run_step (step, cell, values, meter, error);
    if (ok && meter != NULL && step->n_parts > 0)
      tl_model_step_measure (step, meter, 0);
    for (guint i = 0; i < step->n_in; i++)
      if (step->in[i] != G_MAXUINT && self->last_use[step->in[i]] == k)
        g_clear_pointer (&values[step->in[i]], tl_tensor_unref);
  }
  tl_context_set_source (context, &outer);
  for (guint i = 0; i < self->n_outputs && ok; i++)
    outputs[i] = tl_tensor_ref (values[self->outputs[i]]);
  for (guint i = 0; i < self->n_values; i++)
    g_clear_pointer (&values[i], tl_tensor_unref);
  return ok;
}

TlModelStep *
tl_instance_find (TlInstance *self,
                  const char *path)
{
  for (guint k = 0; k < self->n_steps; k++) {
    TlModelStep *step = &self->steps[k], *found = NULL;

    if (strcmp (step->path, path) == 0)
      return step;
    for (guint i = 0; i < step->n_parts && found == NULL; i++)
      found = step->parts[i] != NULL ? tl_instance_find (step->parts[i], path) : NULL;
    if (found != NULL)
      return found;
  }
  return NULL;
}

static gboolean
check_inputs (TlModel         *self,
              TlTensor *const *inputs,
              guint            n_inputs,
              GError         **error)
{
  TlInstance *built = self->built;
  TlBinding   sizes[TL_MODEL_MAX_SIZES];
  guint       n_sizes = 0;

  if (n_inputs != built->n_inputs) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %u inputs given, it has %u", self->name, n_inputs, built->n_inputs);
    return FALSE;
  }
  for (guint i = 0; i < n_inputs; i++)
    if (built->input_is_declared[i] &&
        !tl_model_check_input (built->input_names[i], &built->inputs[i], FALSE, tl_tensor_get_meta (inputs[i]), sizes,
                               &n_sizes, error)) {
      g_prefix_error (error, "%s: ", self->name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
complete (TlModel         *self,
          TlTensor *const *inputs,
          guint            n_inputs,
          GError         **error)
{
  g_autofree TlMeta *metas = g_new0 (TlMeta, n_inputs + 1);
  gboolean           ok;

  if (self->is_complete)
    return TRUE;
  for (guint i = 0; i < n_inputs; i++)
    metas[i] = *tl_tensor_get_meta (inputs[i]);
  ok = tl_model_build_for (self, metas, n_inputs, error);
  if (!ok)
    g_prefix_error (error, "%s: ", self->name);
  return ok;
}

/**
 * tl_model_forward:
 * @self: a model
 * @inputs: (array length=n_inputs): its inputs
 * @n_inputs: their number
 * @outputs: (array length=n_outputs) (out): its outputs, (transfer full)
 * @n_outputs: their number
 * @error: return location for an error
 *
 * Applies the model: at once, or by recording it while a step is traced.  Whether it behaves as in training says the context.  A
 * model that is not built, or not completely, is built first.
 *
 * Errors: what tl_model_build() and the operations say, with the node's path
 *
 * Returns: whether it worked; on failure @outputs is not touched
 */
gboolean
tl_model_forward (TlModel         *self,
                  TlTensor *const *inputs,
                  guint            n_inputs,
                  TlTensor       **outputs,
                  guint            n_outputs,
                  GError         **error)
{
  if (!complete (self, inputs, n_inputs, error) || !check_inputs (self, inputs, n_inputs, error))
    return FALSE;
  if (n_outputs != self->built->n_outputs) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %u outputs wanted, it has %u", self->name, n_outputs,
                 self->built->n_outputs);
    return FALSE;
  }
  return tl_instance_run (self->built, self->cell, inputs, outputs, NULL, error);
}

/* What a build found. */

/**
 * tl_model_is_built:
 * @self: a model
 *
 * Returns: whether the last build found nothing wrong and all shapes
 */
gboolean
tl_model_is_built (TlModel *self)
{
  return self->is_complete;
}

/**
 * tl_model_get_n_problems:
 * @self: a model
 *
 * Returns: how many things the last build found wrong
 */
guint
tl_model_get_n_problems (TlModel *self)
{
  return self->problems->len;
}

/**
 * tl_model_get_problem:
 * @self: a model
 * @problem: a number below tl_model_get_n_problems()
 *
 * Returns: (transfer none): what is wrong; valid until the next build
 */
const TlModelProblem *
tl_model_get_problem (TlModel *self,
                      guint    problem)
{
  g_return_val_if_fail (problem < self->problems->len, NULL);
  return self->problems->pdata[problem];
}

/**
 * tl_model_get_n_inputs:
 * @self: a model that was built
 *
 * Returns: the number of its inputs, as of the last build
 */
guint
tl_model_get_n_inputs (TlModel *self)
{
  return self->built != NULL ? self->built->n_inputs : 0;
}

/**
 * tl_model_get_input:
 * @self: a model that was built
 * @input: number of an input
 * @name: (out) (optional): its node
 *
 * Returns: (transfer none) (nullable): its description, or %NULL while nothing is known of it
 */
const TlMeta *
tl_model_get_input (TlModel     *self,
                    guint        input,
                    const char **name)
{
  g_return_val_if_fail (input < tl_model_get_n_inputs (self), NULL);

  if (name != NULL)
    *name = self->built->input_names[input];
  return self->built->input_is_declared[input] || self->is_complete ? &self->built->inputs[input] : NULL;
}

/**
 * tl_model_get_n_outputs:
 * @self: a model that was built
 *
 * Returns: the number of its outputs, as of the last build
 */
guint
tl_model_get_n_outputs (TlModel *self)
{
  return self->built != NULL ? self->built->n_outputs : 0;
}

/**
 * tl_model_get_output:
 * @self: a model that was built
 * @output: number of an output
 * @name: (out) (optional): its node
 *
 * Returns: (transfer none) (nullable): its description, or %NULL while nothing is known of it
 */
const TlMeta *
tl_model_get_output (TlModel     *self,
                     guint        output,
                     const char **name)
{
  TlInstance *built = self->built;

  g_return_val_if_fail (output < tl_model_get_n_outputs (self), NULL);

  if (name != NULL)
    *name = built->output_names[output];
  if (built->outputs[output] < built->n_inputs)
    return tl_model_get_input (self, built->outputs[output], NULL);
  for (guint k = 0; k < built->n_steps; k++) {
    const TlModelStep *step = &built->steps[k];

    if (built->outputs[output] >= step->first_out && built->outputs[output] < step->first_out + step->n_out)
      return step->is_known ? &step->metas[built->outputs[output] - step->first_out] : NULL;
  }
  return NULL;
}

/**
 * tl_model_get_node_output:
 * @self: a model that was built, also with problems
 * @node: path of a node: "conv1", "block.0.fc"
 * @output: number of one of its outputs
 *
 * Returns: (transfer none) (nullable): the description of what leaves the node, or %NULL if it could not be worked out
 */
const TlMeta *
tl_model_get_node_output (TlModel    *self,
                          const char *node,
                          guint       output)
{
  TlModelStep *step;

  if (self->built == NULL)
    return NULL;
  for (guint i = 0; i < self->built->n_inputs; i++)
    if (strcmp (self->built->input_names[i], node) == 0)
      return output == 0 ? tl_model_get_input (self, i, NULL) : NULL;
  step = tl_instance_find (self->built, node);
  return step != NULL && step->is_known && output < step->n_out ? &step->metas[output] : NULL;
}

/* Variables. */

/**
 * tl_model_foreach_variable:
 * @self: a model
 * @func: (scope call): called for each variable, in the order of nodes; %FALSE stops
 * @user_data: for @func
 *
 * Parameters, running statistics and random counters: what a checkpoint holds of a model.
 *
 * Returns: whether @func never stopped
 */
gboolean
tl_model_foreach_variable (TlModel       *self,
                           TlVariableFunc func,
                           gpointer       user_data)
{
  for (guint i = 0; i < self->variables->len; i++)
    if (!func (self->variables->pdata[i], user_data))
      return FALSE;
  return TRUE;
}

/**
 * tl_model_find_variable:
 * @self: a model
 * @path: a path, such as "conv1.weight"
 *
 * Returns: (transfer none) (nullable): the variable
 */
TlVariable *
tl_model_find_variable (TlModel    *self,
                        const char *path)
{
  return g_hash_table_lookup (self->by_path, path);
}

/**
 * tl_model_get_parameters:
 * @self: a model
 *
 * Returns: (transfer full) (element-type TlVariable): its parameters that are trained, in the order of nodes
 */
GPtrArray *
tl_model_get_parameters (TlModel *self)
{
  GPtrArray *parameters = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);

  for (guint i = 0; i < self->variables->len; i++) {
    TlVariable *variable = self->variables->pdata[i];

    if (tl_variable_get_kind (variable) == TL_VARIABLE_PARAMETER && tl_variable_get_trainable (variable))
      g_ptr_array_add (parameters, tl_variable_ref (variable));
  }
  return parameters;
}

/**
 * tl_model_initialize:
 * @self: a model
 * @seed: the document's seed
 * @error: return location for an error
 *
 * Gives all variables their first values again, and sets counters to zero.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_model_initialize (TlModel *self,
                     guint64  seed,
                     GError **error)
{
  for (guint i = 0; i < self->layers->len; i++)
    if (!tl_layer_initialize (self->layers->pdata[i], seed, error))
      return FALSE;
  return TRUE;
}
