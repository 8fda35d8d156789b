/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations that the graph itself needs: copy, alias, sum_to, and what is made of them.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/node-private.h"
#include "core/kernels/copy.h"
#include "core/kernels/kernels.h"
#include "core/kernels/reduce.h"

/* Copies with conversion, or into another layout. */

static const TlPort copy_ports[] = { { "x", "any tensor" }, { NULL } };
// clang-format off
static const TlAttrSpec copy_attrs[] = {
  { "dtype", "of the copy", TL_ATTR_DTYPE },
  { "layout", "of the copy", TL_ATTR_INT },
  { NULL },
};
// clang-format on

static gboolean
copy_infer (TlInfer *self,
            GError **error)
{
  const TlMeta *x = self->in[0];

  if (self->attrs[1].i == TL_LAYOUT_CHANNELS_LAST && x->rank >= 3)
    tl_meta_init_channels_last (&self->out[0], (TlDType)self->attrs[0].i, x->rank, x->shape);
  else
    tl_meta_init (&self->out[0], (TlDType)self->attrs[0].i, x->rank, x->shape);
  return TRUE;
}

static gboolean
copy_prepare (TlPrepare *self,
              GError   **error)
{
  TlCopyArgs *args = tl_prepare_args (self, TlCopyArgs);

  args->src_dtype = self->in[0]->dtype;
  args->dst_dtype = self->out[0].dtype;
  args->rank = self->in[0]->rank;
  for (guint i = 0; i < args->rank; i++) {
    args->shape[i] = self->in[0]->shape[i];
    args->src_strides[i] = self->in[0]->strides[i];
    args->dst_strides[i] = self->out[0].strides[i];
  }
  self->kernel = &tl_kernels_get ()->copy;
  return TRUE;
}

static gboolean
copy_gradient (TlGradient *self,
               GError    **error)
{
  TlDType dtype = self->in[0]->meta.dtype;

  if (self->dy[0]->meta.dtype == dtype)
    self->dx[0] = tl_tensor_ref (self->dy[0]);
  else
    self->dx[0] = tl_copy (self->dy[0], dtype, TL_LAYOUT_CONTIGUOUS, error);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_copy = {
  .name = "copy",
  .doc = "Copy into another dtype or memory layout.",
  .precision = TL_PRECISION_MOVES,
  .in = copy_ports,
  .attrs = copy_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = copy_infer,
  .prepare = copy_prepare,
  .gradient = copy_gradient,
};

TlTensor *
tl_copy (TlTensor *tensor,
         TlDType   dtype,
         TlLayout  layout,
         GError  **error)
{
  const TlAttrValue attrs[] = { TL_INT (dtype), TL_INT (layout) };

  return tl_op_apply1 (&tl_op_copy, &tensor, 1, attrs, error);
}

/* The same value as a value of its own: gradients can be asked for here without going on. */

static gboolean
alias_infer (TlInfer *self,
             GError **error)
{
  self->out[0] = *self->in[0];
  return TRUE;
}

static gboolean
alias_gradient (TlGradient *self,
                GError    **error)
{
  self->dx[0] = tl_tensor_ref (self->dy[0]);
  return TRUE;
}

const TlOpClass tl_op_alias = {
  .name = "alias",
  .doc = "The same value.",
  .precision = TL_PRECISION_MOVES,
  .in = copy_ports,
  .flags = TL_OP_INTERNAL | TL_OP_VIEW,
  .infer = alias_infer,
  .gradient = alias_gradient,
};

/* Sums over the axes along which a gradient was broadcast. */

static const TlAttrSpec sum_to_attrs[] = { { "shape", "of the result", TL_ATTR_INTS }, { NULL } };

static gboolean
sum_to_infer (TlInfer *self,
              GError **error)
{
  tl_meta_init (&self->out[0], self->in[0]->dtype, (guint)self->attrs[0].n, self->attrs[0].v);
  return TRUE;
}

static gboolean
sum_to_prepare (TlPrepare *self,
                GError   **error)
{
  TlReduceArgs *args = tl_prepare_args (self, TlReduceArgs);
  const TlMeta *x = self->in[0], *y = &self->out[0];
  guint         missing = x->rank - y->rank;

  args->dtype = x->dtype;
  args->op = TL_REDUCE_SUM;
  for (guint axis = 0; axis < x->rank; axis++) {
    if (axis < missing || (y->shape[axis - missing] == 1 && x->shape[axis] != 1)) {
      args->reduced_shape[args->n_reduced] = x->shape[axis];
      args->reduced_strides[args->n_reduced++] = x->strides[axis];
    } else {
      args->kept_shape[args->n_kept] = x->shape[axis];
      args->kept_in_strides[args->n_kept] = x->strides[axis];
      args->kept_out_strides[args->n_kept++] = y->strides[axis - missing];
    }
  }
  self->kernel = &tl_kernels_get ()->reduce;
  return TRUE;
}

/* The expression over "a" or "a" and "b" that @text says, read once. */
TlExpr *
tl_expr_once (TlExpr    **expr,
              guint       n_in,
              const char *text)
{
  static const TlExprName one[] = { { "a" }, { NULL } }, two[] = { { "a" }, { "b" }, { NULL } };

  if (g_once_init_enter (expr))
    g_once_init_leave (expr, tl_expr_parse (text, n_in == 1 ? one : two, NULL));
  return *expr;
}

/* dx[i] = dy[i] for all i: the second input of the expression only gives the shape. */
static gboolean
sum_to_gradient (TlGradient *self,
                 GError    **error)
{
  static TlExpr *expr;
  TlTensor      *in[] = { self->dy[0], self->in[0] };

  self->dx[0] = tl_map (tl_expr_once (&expr, 2, "a"), in, 2, TL_RESULT_PROMOTED, error);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_sum_to = {
  .name = "sum_to",
  .doc = "Sum over broadcast axes.",
  .in = copy_ports,
  .attrs = sum_to_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = sum_to_infer,
  .prepare = sum_to_prepare,
  .gradient = sum_to_gradient,
};

/* The gradient of an operand that was broadcast, in the operand's shape and dtype. */
TlTensor *
tl_sum_to (TlTensor     *tensor,
           const TlMeta *like,
           GError      **error)
{
  g_autoptr (TlTensor) sum = NULL;
  TlAttrValue          attrs[1] = { { .n = like->rank } };

  if (tl_meta_same_shape (&tensor->meta, like)) {
    sum = tl_tensor_ref (tensor);
  } else {
    memcpy (attrs[0].v, like->shape, like->rank * sizeof (TlDim));
    sum = tl_op_apply1 (&tl_op_sum_to, &tensor, 1, attrs, error);
  }
  if (sum == NULL || sum->meta.dtype == like->dtype)
    return g_steal_pointer (&sum);
  return tl_copy (sum, like->dtype, TL_LAYOUT_CONTIGUOUS, error);
}

/**
 * tl_sum_to_shape:
 * @tensor: a tensor
 * @rank: number of axes wanted
 * @shape: (array length=rank): a shape that broadcasts to that of @tensor
 * @error: return location for an error
 *
 * Sums over the axes along which @shape would be broadcast: the gradient of broadcasting.
 *
 * Returns: (transfer full): the sums, or %NULL
 */
TlTensor *
tl_sum_to_shape (TlTensor    *tensor,
                 guint        rank,
                 const TlDim *shape,
                 GError     **error)
{
  TlMeta like;

  tl_meta_init (&like, tensor->meta.dtype, rank, shape);
  return tl_sum_to (tensor, &like, error);
}

/**
 * tl_cast:
 * @tensor: a tensor
 * @dtype: an element type
 * @error: return location for an error
 *
 * Returns: (transfer full): the tensor in another dtype; itself if it has it already, or %NULL
 */
TlTensor *
tl_cast (TlTensor *tensor,
         TlDType   dtype,
         GError  **error)
{
  if (tensor->meta.dtype == dtype)
    return tl_tensor_ref (tensor);
  return tl_copy (tensor, dtype, TL_LAYOUT_CONTIGUOUS, error);
}

/**
 * tl_contiguous:
 * @tensor: a tensor
 * @error: return location for an error
 *
 * Returns: (transfer full): the same elements, the last axis fastest and without gaps, or %NULL
 */
TlTensor *
tl_contiguous (TlTensor *tensor,
               GError  **error)
{
  if (tl_meta_is_contiguous (&tensor->meta))
    return tl_tensor_ref (tensor);
  return tl_copy (tensor, tensor->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
}

/* *@sum += @part, where nothing means zero. */
gboolean
tl_accumulate (TlTensor **sum,
               TlTensor  *part,
               GError   **error)
{
  static TlExpr *expr;
  TlTensor      *in[] = { *sum, part };
  TlTensor      *total;

  if (*sum == NULL) {
    *sum = tl_tensor_ref (part);
    return TRUE;
  }
  total = tl_map (tl_expr_once (&expr, 2, "a + b"), in, 2, TL_RESULT_PROMOTED, error);
  if (total == NULL)
    return FALSE;
  tl_tensor_unref (*sum);
  *sum = total;
  return TRUE;
}

/**
 * tl_detach:
 * @tensor: a tensor
 *
 * Returns: (transfer full): the same value, through which no gradient flows
 */
TlTensor *
tl_detach (TlTensor *tensor)
{
  static TlExpr *expr;
  TlContext     *context = tl_context_get ();
  gboolean       before;
  TlTensor      *result;

  if (!tensor->requires_grad)
    return tl_tensor_ref (tensor);
  if (tensor->storage != NULL)
    return tl_tensor_new_wrapped (&tensor->meta, tensor->storage);
  before = tl_context_set_grad_enabled (context, FALSE);
  result = tl_map (tl_expr_once (&expr, 1, "a"), &tensor, 1, TL_RESULT_PROMOTED, NULL);
  tl_context_set_grad_enabled (context, before);
  return result;
}
