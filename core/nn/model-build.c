/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the description of a model to what runs: shapes, variables, and all that is wrong.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/nn/model-build-private.h"
#include "core/tensor/variable-private.h"

TlContext *
tl_scratch_begin (TlModel    *model,
                  TlContext **before,
                  TlTrace   **trace,
                  GError    **error)
{
  TlContext *outer = tl_context_get ();
  TlContext *scratch;

  for (guint i = 0; i < model->variables->len; i++)
    if (((TlVariable *)model->variables->pdata[i])->trace != NULL) {
      g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                   "%s: its shapes cannot be worked out while a step that uses it is traced; build it before", model->name);
      return NULL;
    }
  scratch = tl_context_new (1);
  tl_context_set_seed (scratch, tl_context_get_seed (outer));
  *before = tl_context_make_current (scratch);
  *trace = tl_trace_begin (scratch);
  return scratch;
}

void
tl_scratch_end (TlContext *scratch,
                TlContext *before,
                TlTrace   *trace)
{
  tl_trace_abandon (trace);
  tl_context_make_current (before);
  tl_context_free (scratch);
}

/* Nodes. */

static TlVariable *
find_old (const char *path,
          gpointer    user_data)
{
  return g_hash_table_lookup (user_data, path);
}

static gboolean
build_layer (TlModelFrame *frame,
             TlModelNode  *node,
             TlModelStep  *step,
             TlTensor    **in,
             gboolean      is_known,
             TlTensor    **out,
             GError      **error)
{
  TlModelBuilder *builder = frame->builder;
  const TlMeta   *metas[TL_LAYER_MAX_IN];

  step->layer = tl_layer_new (node->layer, step->path, builder->root->dtype);
  tl_layer_take_attrs (step->layer, node->attrs, node->given);
  g_ptr_array_add (builder->layers, tl_layer_ref (step->layer));
  for (guint i = 0; i < step->n_in && is_known; i++)
    metas[i] = in[i] != NULL ? tl_tensor_get_meta (in[i]) : NULL;
  if (!tl_layer_set_up_with (step->layer, metas, is_known ? step->n_in : 0, find_old, builder->old, error))
    return FALSE;
  return !is_known || tl_layer_forward (step->layer, in, step->n_in, out, step->n_out, error);
}

static gboolean
build_op (TlModelFrame *frame,
          TlModelNode  *node,
          TlModelStep  *step,
          TlTensor    **in,
          gboolean      is_known,
          TlTensor    **out,
          GError      **error)
{
  step->op = node->op;
  step->attrs = g_memdup2 (node->attrs, sizeof node->attrs);
  if (!tl_attr_check_required (node->op->name, node->op->attrs, node->given, error))
    return FALSE;
  return !is_known || tl_op_apply (node->op, in, step->n_in, node->attrs, out, step->n_out, error);
}

static TlInstance *build_instance (TlModelBuilder  *builder,
                                   TlModel         *model,
                                   const char      *prefix,
                                   const TlMeta    *given_metas,
                                   TlTensor *const *given,
                                   TlTensor       **out);

static gboolean
build_parts (TlModelFrame *frame,
             TlModelNode  *node,
             TlModelStep  *step,
             TlTensor    **in,
             TlTensor    **out,
             GError      **error)
{
  guint     n_problems = frame->builder->problems->len;
  TlTensor *between[TL_LAYER_MAX_IN] = { NULL };

  if (node->residual && (step->n_in == 0 || step->n_out == 0)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: residual needs an input and an output", node->row);
    return FALSE;
  }
  if (node->times > 1 && step->n_in != step->n_out) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: a model that is repeated needs as many outputs as inputs: it has %u and %u",
                 node->row, step->n_out, step->n_in);
    return FALSE;
  }
  step->n_parts = node->times;
  step->checkpoint = node->checkpoint;
  step->residual = node->residual;
  step->parts = g_new0 (TlInstance *, node->times);
  for (guint i = 0; i < step->n_in; i++)
    between[i] = in[i] != NULL ? tl_tensor_ref (in[i]) : NULL;
  for (guint k = 0; k < node->times; k++) {
    g_autofree char *prefix = node->times > 1 ? g_strdup_printf ("%s.%u.", step->path, k)
                                              : g_strdup_printf ("%s.", step->path);

    for (guint i = 0; i < step->n_out && k > 0; i++) {
      g_clear_pointer (&between[i], tl_tensor_unref);
      between[i] = g_steal_pointer (&out[i]);
    }
    step->parts[k] = build_instance (frame->builder, node->model, prefix, NULL, between, out);
    if (step->residual && between[0] != NULL && out[0] != NULL && !tl_model_add_residual (between[0], &out[0], error))
      break;
    if (frame->builder->problems->len > n_problems)
      break; /* the others have the same problems */
  }
  for (guint i = 0; i < G_N_ELEMENTS (between); i++)
    g_clear_pointer (&between[i], tl_tensor_unref);
  return frame->builder->problems->len == n_problems && (error == NULL || *error == NULL);
}

static gboolean
build_node (TlModelFrame *frame,
            TlModelNode  *node,
            TlModelStep  *step,
            TlTensor    **out)
{
  TlTensor          *in[TL_LAYER_MAX_IN] = { NULL };
  g_autoptr (GError) reason = NULL;
  gboolean           is_known = TRUE, ok;

  for (guint i = 0; i < step->n_in; i++) {
    if (step->in[i] == G_MAXUINT)
      continue;
    in[i] = g_array_index (frame->values, TlModelValue, step->in[i]).tensor;
    is_known = is_known && in[i] != NULL;
  }
  if (node->layer != NULL)
    ok = build_layer (frame, node, step, in, is_known, out, &reason);
  else if (node->op != NULL)
    ok = build_op (frame, node, step, in, is_known, out, &reason);
  else
    ok = build_parts (frame, node, step, in, out, &reason);
  if (reason != NULL)
    tl_frame_add_problem (frame, node->name, NULL, reason->code, "%s", reason->message);
  return ok;
}

/* Of a row that counts its outputs for what it is given; as long as that is not known, as many as are used. */
static guint
count_outputs (TlModelFrame *frame,
               TlModelNode  *node,
               TlModelStep  *step,
               gboolean     *ok)
{
  TlTensor          *in[TL_LAYER_MAX_IN] = { NULL };
  gboolean           is_known = *ok;
  guint              n_out;
  g_autoptr (GError) reason = NULL;

  if (node->op == NULL || node->op->count == NULL)
    return tl_model_node_n_out (node);
  for (guint i = 0; i < step->n_in && is_known; i++) {
    in[i] = step->in[i] != G_MAXUINT ? g_array_index (frame->values, TlModelValue, step->in[i]).tensor : NULL;
    is_known = step->in[i] == G_MAXUINT || in[i] != NULL;
  }
  if (!is_known)
    return tl_model_count_used (frame->model, node);
  if (tl_op_count_out (node->op, in, step->n_in, node->attrs, &n_out, &reason))
    return n_out;
  tl_frame_add_problem (frame, node->name, NULL, reason->code, "%s", reason->message);
  *ok = FALSE;
  return tl_model_count_used (frame->model, node);
}

/* A step is kept also if it is wrong, so that numbers and the other nodes' shapes stand. */
static void
add_step (TlModelFrame *frame,
          TlModelNode  *node,
          TlModelStep  *step)
{
  g_autofree char      *path = g_strconcat (frame->prefix, node->name, NULL);
  g_autofree TlTensor **out = NULL;
  gboolean              ok = node->problems->len == 0;

  step->name = g_intern_string (node->name);
  step->path = g_intern_string (path);
  step->first_out = frame->values->len;
  for (guint i = 0; i < node->problems->len; i++) {
    const TlModelProblem *problem = node->problems->pdata[i];

    tl_frame_add_problem (frame, node->name, problem->attr, problem->code, "%s", problem->message);
  }
  ok = tl_frame_resolve_links (frame, node, step) && ok;
  step->n_out = count_outputs (frame, node, step, &ok);
  step->metas = g_new0 (TlMeta, step->n_out + 1);
  out = g_new0 (TlTensor *, step->n_out + 1);
  ok = ok && build_node (frame, node, step, out);
  step->is_known = ok;
  for (guint i = 0; i < step->n_out; i++) {
    TlModelValue value = { out[i], !ok };

    step->is_known = step->is_known && out[i] != NULL;
    if (out[i] != NULL)
      step->metas[i] = *tl_tensor_get_meta (out[i]);
    g_array_append_val (frame->values, value);
  }
  frame->builder->is_complete = frame->builder->is_complete && step->is_known;
  g_hash_table_insert (frame->first_out, node, GUINT_TO_POINTER (step->first_out + 1));
}

static void
add_outputs (TlModelFrame *frame,
             GArray       *links,
             TlTensor    **out)
{
  TlInstance *instance = frame->instance;

  instance->n_outputs = links->len;
  instance->outputs = g_new0 (guint, links->len + 1);
  instance->output_names = g_new0 (const char *, links->len + 1);
  for (guint i = 0; i < links->len; i++) {
    const TlModelLink *link = &g_array_index (links, TlModelLink, i);
    TlModelNode       *node = tl_model_peek_node (frame->model, link->from);
    guint              first = GPOINTER_TO_UINT (g_hash_table_lookup (frame->first_out, node));
    TlModelValue      *value;

    instance->output_names[i] = g_intern_string (link->from);
    if (first == 0)
      continue; /* part of a circle */
    if (link->output >= tl_frame_get_n_out (frame, node)) {
      tl_frame_add_problem (frame, link->from, NULL, TL_ERROR_VALUE, "%s has %u outputs; output %u of the model is its number %u",
                            link->from, tl_frame_get_n_out (frame, node), i + 1, link->output + 1);
      continue;
    }
    instance->outputs[i] = first - 1 + link->output;
    value = &g_array_index (frame->values, TlModelValue, instance->outputs[i]);
    if (out != NULL && value->tensor != NULL)
      out[i] = tl_tensor_ref (value->tensor);
  }
  if (links->len == 0)
    tl_frame_add_problem (frame, "", NULL, TL_ERROR_VALUE, "the model %s has no outputs", frame->model->name);
}

static void
find_last_uses (TlInstance *self)
{
  self->last_use = g_new0 (guint, self->n_values + 1);
  for (guint k = 0; k < self->n_steps; k++) {
    TlModelStep *step = &self->steps[k];

    for (guint i = 0; i < step->n_out; i++)
      self->last_use[step->first_out + i] = k;
    for (guint i = 0; i < step->n_in; i++)
      if (step->in[i] != G_MAXUINT)
        self->last_use[step->in[i]] = k;
  }
  for (guint i = 0; i < self->n_outputs; i++)
    self->last_use[self->outputs[i]] = G_MAXUINT;
}

static void
clear_value (gpointer value)
{
  g_clear_pointer (&((TlModelValue *)value)->tensor, tl_tensor_unref);
}

static TlInstance *
build_instance (TlModelBuilder  *builder,
                TlModel         *model,
                const char      *prefix,
                const TlMeta    *given_metas,
                TlTensor *const *given,
                TlTensor       **out)
{
  TlInstance            *self = g_new0 (TlInstance, 1);
  g_autoptr (GHashTable) first_out = g_hash_table_new (NULL, NULL);
  g_autoptr (GArray)     values = g_array_new (FALSE, FALSE, sizeof (TlModelValue));
  g_autoptr (GArray)     links = tl_model_list_outputs (model);
  TlModelFrame           frame = { builder, model, prefix, self, first_out, values };
  g_autoptr (GPtrArray)  order = tl_frame_order_nodes (&frame);
  guint                  n = tl_model_count_inputs (model);

  atomic_init (&self->ref_count, 1);
  g_array_set_clear_func (values, clear_value);
  self->n_inputs = n;
  self->input_names = g_new0 (const char *, n + 1);
  self->inputs = g_new0 (TlMeta, n + 1);
  self->input_is_declared = g_new0 (gboolean, n + 1);
  self->steps = g_new0 (TlModelStep, order->len + 1);
  tl_frame_add_inputs (&frame, given_metas, given);
  for (guint i = 0; i < model->refused->len; i++) {
    const TlModelProblem *problem = model->refused->pdata[i];

    tl_frame_add_problem (&frame, problem->node, problem->attr, problem->code, "%s", problem->message);
  }
  for (guint i = 0; i < order->len; i++)
    if (!tl_model_node_is_input (order->pdata[i]))
      add_step (&frame, order->pdata[i], &self->steps[self->n_steps++]);
  add_outputs (&frame, links, out);
  self->n_values = values->len;
  find_last_uses (self);
  return self;
}

TlInstance *
tl_instance_ref (TlInstance *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

void
tl_instance_unref (TlInstance *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  for (guint k = 0; k < self->n_steps; k++) {
    TlModelStep *step = &self->steps[k];

    g_clear_pointer (&step->layer, tl_layer_unref);
    for (guint i = 0; i < step->n_parts; i++)
      g_clear_pointer (&step->parts[i], tl_instance_unref);
    g_free (step->parts);
    g_free (step->attrs);
    g_free (step->in);
    g_free (step->metas);
  }
  g_free (self->steps);
  g_free (self->last_use);
  g_free (self->input_names);
  g_free (self->inputs);
  g_free (self->input_is_declared);
  g_free (self->outputs);
  g_free (self->output_names);
  g_free (self);
}

/* After a failed build the variables of nodes that could not be built stay: the next edit may repair them. */
static void
take_variables (TlModel        *self,
                TlModelBuilder *builder,
                gboolean        keep_others)
{
  GPtrArray  *variables = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  GHashTable *by_path = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < builder->layers->len; i++)
    for (guint slot = 0; slot < tl_layer_get_n_variables (builder->layers->pdata[i]); slot++) {
      TlVariable *variable = tl_layer_get_variable (builder->layers->pdata[i], slot);

      if (variable == NULL)
        continue;
      g_ptr_array_add (variables, tl_variable_ref (variable));
      g_hash_table_insert (by_path, g_strdup (tl_variable_get_path (variable)), variable);
    }
  for (guint i = 0; i < self->variables->len && keep_others; i++) {
    TlVariable *variable = self->variables->pdata[i];

    if (g_hash_table_contains (by_path, tl_variable_get_path (variable)))
      continue;
    g_ptr_array_add (variables, tl_variable_ref (variable));
    g_hash_table_insert (by_path, g_strdup (tl_variable_get_path (variable)), variable);
  }
  g_hash_table_unref (self->by_path);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->layers);
  self->by_path = by_path;
  self->variables = variables;
  self->layers = g_ptr_array_ref (builder->layers);
}

static gboolean
tell_problems (TlModel *self,
               GError **error)
{
  const TlModelProblem *first = self->problems->len > 0 ? self->problems->pdata[0] : NULL;
  g_autofree char      *more = NULL;

  if (first == NULL)
    return TRUE;
  more = self->problems->len > 1 ? g_strdup_printf (" (and %u more)", self->problems->len - 1) : g_strdup ("");
  g_set_error (error, TL_ERROR, first->code, "%s%s%s%s", first->node, *first->node != '\0' ? ": " : "", first->message,
               more);
  return FALSE;
}

/**
 * tl_model_build_for:
 * @self: a model
 * @inputs: (array length=n_inputs) (nullable): what will be given for inputs that declare no shape
 * @n_inputs: their number: that of the model's inputs, or 0
 * @error: return location for an error
 *
 * Builds the model, see tl_model_build().
 *
 * Errors: the first problem
 *
 * Returns: whether nothing is wrong
 */
gboolean
tl_model_build_for (TlModel      *self,
                    const TlMeta *inputs,
                    guint         n_inputs,
                    GError      **error)
{
  g_autoptr (GPtrArray) layers = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_layer_unref);
  TlModelBuilder        builder = { .root = self, .problems = self->problems, .layers = layers, .old = self->by_path, .is_complete = TRUE };
  TlContext            *scratch, *before;
  guint                 n = tl_model_count_inputs (self);
  g_autofree TlTensor **out = NULL;
  g_autoptr (GArray)    outputs = tl_model_list_outputs (self);
  TlInstance           *built;

  if (n_inputs != 0 && n_inputs != n) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %u inputs given, it has %u", self->name, n_inputs, n);
    return FALSE;
  }
  scratch = tl_scratch_begin (self, &before, &builder.trace, error);
  if (scratch == NULL)
    return FALSE;
  g_ptr_array_set_size (self->problems, 0);
  out = g_new0 (TlTensor *, outputs->len + 1);
  built = build_instance (&builder, self, "", n_inputs > 0 ? inputs : NULL, NULL, out);
  for (guint i = 0; i < outputs->len; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  tl_scratch_end (scratch, before, builder.trace);
  take_variables (self, &builder, self->problems->len > 0);
  g_clear_pointer (&self->built, tl_instance_unref);
  self->built = built;
  self->is_complete = builder.is_complete && self->problems->len == 0;
  return tell_problems (self, error);
}

/**
 * tl_model_build:
 * @self: a model
 * @error: return location for an error
 *
 * Orders the nodes, works out all shapes, makes the variables, and finds everything that is wrong: see tl_model_get_problem().
 * Inputs that declare no shape leave what follows them open until the first tl_model_forward().
 *
 * Errors: the first problem
 *
 * Returns: whether nothing is wrong
 */
gboolean
tl_model_build (TlModel *self,
                GError **error)
{
  return tl_model_build_for (self, NULL, 0, error);
}
