/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changes over time: variables that operations read, replace and update, at once or while a step is traced.
 */
#include "core/base/error.h"
#include "core/graph/node-private.h"

/**
 * tl_watch:
 * @tensor: a floating tensor
 * @error: return location for an error
 *
 * For gradients with respect to a tensor that is no variable: from this value on operations remember how they were computed.
 *
 * Errors: %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): the same value as a value of its own, or %NULL
 */
TlTensor *
tl_watch (TlTensor *tensor,
          GError  **error)
{
  TlContext *context = tl_context_get ();
  TlTensor  *seen = context->trace != NULL ? tl_trace_capture (context->trace, tensor) : tl_tensor_ref (tensor);
  TlNodeInit init = { .op = &tl_op_alias, .in = &seen, .n_in = 1 };
  TlTensor  *result = NULL;

  if (tl_dtype_is_float (tensor->meta.dtype))
    tl_node_finish (context, &init, &seen->meta, &seen->storage, TRUE, &result, 1);
  else
    g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "%s numbers have no gradients", tl_dtype_name (tensor->meta.dtype));
  tl_tensor_unref (seen);
  return result;
}

/**
 * tl_tensor_requires_grad:
 * @tensor: a tensor
 *
 * Returns: whether backward() from it reaches a variable
 */
gboolean
tl_tensor_requires_grad (TlTensor *tensor)
{
  return tensor->requires_grad;
}

/**
 * tl_read:
 * @variable: a variable
 *
 * Returns: (transfer full): its value at this point of the program, through which gradients flow if it is trainable
 */
TlTensor *
tl_read (TlVariable *variable)
{
  TlContext *context = tl_context_get ();

  if (context->trace != NULL)
    return tl_trace_read (context->trace, variable);
  if (variable->handle != NULL && variable->handle->requires_grad == variable->trainable)
    return tl_tensor_ref (variable->handle);
  variable->handle = tl_tensor_new_wrapped (&variable->value->meta, variable->value->storage);
  variable->handle->variable = tl_variable_ref (variable);
  variable->handle->requires_grad = variable->trainable;
  return variable->handle;
}

/**
 * tl_assign:
 * @variable: a variable
 * @value: its new value: same shape and dtype
 * @error: return location for an error
 *
 * Changes a variable: at once, or when the traced step is committed.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_assign (TlVariable *variable,
           TlTensor   *value,
           GError    **error)
{
  TlContext           *context = tl_context_get ();
  g_autoptr (TlTensor) plain = NULL;

  if (context->again != 0) /* the first time changed it */
    return TRUE;
  if (context->trace != NULL && value->meta.dtype == variable->value->meta.dtype &&
      tl_meta_same_shape (&value->meta, &variable->value->meta)) {
    g_autoptr (TlTensor) captured = tl_trace_capture (context->trace, value);

    if (!tl_meta_is_contiguous (&captured->meta))
      plain = tl_copy (captured, captured->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
    else
      plain = g_steal_pointer (&captured);
    if (plain != NULL)
      tl_trace_assign (context->trace, variable, plain);
    return plain != NULL;
  }
  plain = tl_meta_is_contiguous (&value->meta) ? tl_tensor_ref (value)
                                               : tl_copy (value, value->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
  return plain != NULL && tl_variable_set_value (variable, plain, error);
}

/**
 * tl_next_call:
 * @counter: a counter variable
 * @call: (out) (transfer full): its value for this call of a random operation
 * @error: return location for an error
 *
 * Counts one call: every call of a random operation draws other numbers.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_next_call (TlVariable *counter,
              TlTensor  **call,
              GError    **error)
{
  static TlExpr       *expr;
  TlContext           *context = tl_context_get ();
  g_autoptr (TlTensor) value = NULL;
  g_autoptr (TlTensor) next = NULL;

  if (context->replay != NULL && context->n_replayed < context->replay->len) {
    value = tl_tensor_ref (context->replay->pdata[context->n_replayed++]);
  } else {
    value = tl_read (counter);
    next = tl_map (tl_expr_once (&expr, 1, "a + 1"), &value, 1, TL_RESULT_PROMOTED, error);
    if (next == NULL || !tl_assign (counter, next, error))
      return FALSE;
  }
  if (context->calls != NULL)
    g_ptr_array_add (context->calls, tl_tensor_ref (value));
  *call = g_steal_pointer (&value);
  return TRUE;
}

/**
 * tl_op_update:
 * @op: an operation that updates its first inputs
 * @targets: (array length=n_targets): the variables it updates
 * @n_targets: their number
 * @others: (array length=n_others): its further inputs
 * @n_others: their number
 * @attrs: (nullable): values of its attributes
 * @error: return location for an error
 *
 * Gives variables new values that are computed from the old ones: in place where nobody holds the old values.
 *
 * Errors: as tl_op_apply(); then no variable was changed
 *
 * Returns: whether it worked
 */
gboolean
tl_op_update (const TlOpClass   *op,
              TlVariable *const *targets,
              guint              n_targets,
              TlTensor *const   *others,
              guint              n_others,
              const TlAttrValue *attrs,
              GError           **error)
{
  TlContext            *context = tl_context_get ();
  guint                 n_in = n_targets + n_others;
  g_autofree TlTensor **in = g_new0 (TlTensor *, n_in + n_targets);
  TlTensor            **out = in + n_in;
  gboolean              ok = TRUE;
  gboolean              grad_enabled;

  if (context->again != 0)
    return TRUE;
  grad_enabled = tl_context_set_grad_enabled (context, FALSE);
  for (guint i = 0; i < n_targets && ok && context->trace == NULL; i++)
    ok = tl_variable_begin_write (targets[i], error) != NULL;
  for (guint i = 0; i < n_targets; i++)
    in[i] = context->trace != NULL ? tl_read (targets[i]) : tl_tensor_ref (targets[i]->value);
  for (guint i = 0; i < n_others; i++)
    in[n_targets + i] = tl_tensor_ref (others[i]);
  ok = ok && tl_op_apply (op, in, n_in, attrs, out, n_targets, error);
  for (guint i = 0; i < n_targets && ok; i++) {
    if (context->trace != NULL)
      tl_trace_assign (context->trace, targets[i], out[i]);
    tl_tensor_unref (out[i]);
  }
  for (guint i = 0; i < n_in; i++)
    tl_tensor_unref (in[i]);
  tl_context_set_grad_enabled (context, grad_enabled);
  return ok;
}
