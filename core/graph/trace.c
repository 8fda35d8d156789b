/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/trace-private.h"

static gboolean
leaf_infer (TlInfer *self,
            GError **error)
{
  g_assert_not_reached ();
}

const TlOpClass tl_op_leaf = {
  .name = "leaf",
  .doc = "What enters a traced step from outside.",
  .flags = TL_OP_INTERNAL,
  .infer = leaf_infer,
};

/**
 * tl_trace_begin:
 * @context: the context of this thread, not tracing yet
 *
 * Starts recording.
 *
 * Returns: (transfer full): the trace, to be finished or abandoned
 */
TlTrace *
tl_trace_begin (TlContext *context)
{
  TlTrace *self;

  g_return_val_if_fail (context->trace == NULL, NULL);

  self = g_new0 (TlTrace, 1);
  self->context = context;
  self->id = context->next_serial++;
  self->nodes = g_ptr_array_new ();
  self->captured = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  self->captures = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)tl_tensor_unref);
  self->variables = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  self->grads = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  context->trace = self;
  return self;
}

/* Operations run at once again; variables are what they were. */
void
tl_trace_detach (TlTrace *self)
{
  if (self->context->trace == self)
    self->context->trace = NULL;
  for (guint i = 0; i < self->variables->len; i++)
    tl_variable_end_trace (self->variables->pdata[i]);
}

void
tl_trace_free (TlTrace *self)
{
  tl_trace_detach (self);
  g_hash_table_unref (self->captures);
  for (guint i = 0; i < self->nodes->len; i++)
    tl_producer_unref (self->nodes->pdata[i]);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->captured);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->grads);
  g_free (self);
}

/**
 * tl_trace_abandon:
 * @self: (transfer full) (nullable): a trace
 *
 * Ends recording and forgets what was recorded.
 */
void
tl_trace_abandon (TlTrace *self)
{
  if (self != NULL)
    tl_trace_free (self);
}

/**
 * tl_trace_is_active:
 * @context: a context
 *
 * Returns: whether its operations are being recorded
 */
gboolean
tl_trace_is_active (TlContext *context)
{
  return context->trace != NULL;
}

guint64
tl_trace_get_id (TlTrace *self)
{
  return self->id;
}

static TlTensor *
add_leaf (TlTrace      *self,
          TlLeafKind    kind,
          guint         index,
          const TlMeta *meta)
{
  const TlAttrValue attrs[] = { TL_INT (kind), TL_INT (index) };
  TlNodeInit        init = { .op = &tl_op_leaf, .attrs = attrs, .n_attrs = TL_LEAF_N_ATTRS };
  TlNode           *node = tl_node_new (&init, 1);
  TlTensor         *tensor;

  node->serial = self->context->next_serial++;
  node->trace_id = self->id;
  node->out[0].meta = *meta;
  tensor = tl_node_get_output (node, 0);
  tl_trace_add_node (self, node);
  tl_producer_unref (&node->producer);
  return tensor;
}

/**
 * tl_trace_add_input:
 * @self: a trace
 * @meta: what will be given at each replay; sizes may be symbolic
 *
 * Returns: (transfer full): the input; they are numbered in the order of adding
 */
TlTensor *
tl_trace_add_input (TlTrace      *self,
                    const TlMeta *meta)
{
  return add_leaf (self, TL_LEAF_INPUT, self->n_inputs++, meta);
}

void
tl_trace_add_node (TlTrace *self,
                   TlNode  *node)
{
  tl_producer_ref (&node->producer);
  g_ptr_array_add (self->nodes, node);
}

/* The tensor as this trace knows it: itself, or a leaf for one that was computed outside. */
TlTensor *
tl_trace_capture (TlTrace  *self,
                  TlTensor *tensor)
{
  TlNode   *node = (TlNode *)tensor->producer;
  TlTensor *leaf;

  if (node != NULL && node->trace_id == self->id)
    return tl_tensor_ref (tensor);
  if (tensor->variable != NULL)
    return tl_trace_read (self, tensor->variable);
  leaf = g_hash_table_lookup (self->captures, tensor);
  if (leaf == NULL) {
    leaf = add_leaf (self, TL_LEAF_CAPTURED, self->captured->len, &tensor->meta);
    g_ptr_array_add (self->captured, tl_tensor_ref (tensor));
    g_hash_table_insert (self->captures, tensor, leaf);
  }
  return tl_tensor_ref (leaf);
}

static void
enter_variable (TlTrace    *self,
                TlVariable *variable)
{
  if (variable->trace == self)
    return;
  tl_variable_end_trace (variable);
  variable->trace = self;
  variable->traced_value = add_leaf (self, TL_LEAF_VARIABLE, self->variables->len, &variable->value->meta);
  variable->traced_value->variable = tl_variable_ref (variable);
  variable->traced_value->requires_grad = variable->trainable;
  g_ptr_array_add (self->variables, tl_variable_ref (variable));
}

TlTensor *
tl_trace_read (TlTrace    *self,
               TlVariable *variable)
{
  enter_variable (self, variable);
  return tl_tensor_ref (variable->traced_value);
}

void
tl_trace_assign (TlTrace    *self,
                 TlVariable *variable,
                 TlTensor   *value)
{
  enter_variable (self, variable);
  tl_tensor_ref (value);
  tl_tensor_unref (variable->traced_value);
  variable->traced_value = value;
}

TlTensor *
tl_trace_read_grad (TlTrace    *self,
                    TlVariable *variable)
{
  enter_variable (self, variable);
  if (!variable->grad_is_traced) {
    variable->grad_is_traced = TRUE;
    if (variable->grad != NULL) {
      variable->traced_grad = add_leaf (self, TL_LEAF_GRAD, self->grads->len, &variable->grad->meta);
      g_ptr_array_add (self->grads, tl_variable_ref (variable));
    }
  }
  return variable->traced_grad != NULL ? tl_tensor_ref (variable->traced_grad) : NULL;
}

void
tl_trace_set_grad (TlTrace    *self,
                   TlVariable *variable,
                   TlTensor   *grad)
{
  enter_variable (self, variable);
  if (grad != NULL)
    tl_tensor_ref (grad);
  g_clear_pointer (&variable->traced_grad, tl_tensor_unref);
  variable->traced_grad = grad;
  variable->grad_is_traced = TRUE;
}

/**
 * tl_trace_clear_grad:
 * @variable: a variable
 *
 * Forgets a variable's gradient, at once or in the traced step.
 */
void
tl_trace_clear_grad (TlVariable *variable)
{
  TlContext *context = tl_context_get ();

  if (context->trace != NULL)
    tl_trace_set_grad (context->trace, variable, NULL);
  else
    tl_variable_set_grad (variable, NULL);
}

/**
 * tl_trace_get_grad:
 * @variable: a variable
 *
 * Returns: (transfer full) (nullable): its gradient at this point of the program
 */
TlTensor *
tl_trace_get_grad (TlVariable *variable)
{
  TlContext *context = tl_context_get ();

  if (context->trace != NULL)
    return tl_trace_read_grad (context->trace, variable);
  return variable->grad != NULL ? tl_tensor_ref (variable->grad) : NULL;
}

/**
 * tl_trace_put_grad:
 * @variable: a variable
 * @grad: another gradient, contiguous, of the variable's shape and dtype
 *
 * Replaces a variable's gradient, at once or in the traced step.
 */
void
tl_trace_put_grad (TlVariable *variable,
                   TlTensor   *grad)
{
  TlContext *context = tl_context_get ();

  if (context->trace != NULL)
    tl_trace_set_grad (context->trace, variable, grad);
  else
    tl_variable_set_grad (variable, grad);
}
