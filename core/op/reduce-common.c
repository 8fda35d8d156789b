/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

#include "core/kernels/kernels.h"

const TlAttrSpec tl_reduce_attrs[] = { TL_REDUCE_ATTRS, { NULL } };

const TlSample tl_reduce_samples[] = {
  { "3,4", "" },
  { "3,4", "dim = {0}" },
  { "2,3,4", "dim = {-1}, keepdim = true" },
  { "2,3,4,5", "dim = {0, 2, 3}" },
  { "1", "" },
  { NULL },
};

static gboolean
reduced_mask (const TlAttrValue *attrs,
              guint              rank,
              guint             *mask)
{
  *mask = 0;
  for (gint i = 0; i < attrs[TL_REDUCE_ATTR_DIM].n; i++) {
    gint64 axis = attrs[TL_REDUCE_ATTR_DIM].v[i];

    axis += axis < 0 ? MAX (rank, 1) : 0;
    if (axis < 0 || axis >= MAX (rank, 1) || (*mask >> axis & 1) != 0)
      return FALSE;
    *mask |= 1u << axis;
  }
  if (attrs[TL_REDUCE_ATTR_DIM].n == 0)
    *mask = (1u << rank) - 1;
  return TRUE;
}

gboolean
tl_reduce_infer (TlInfer   *self,
                 TlReduceOp op,
                 GError   **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank = 0, mask;

  if (!reduced_mask (self->attrs, x->rank, &mask))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "dim has an axis twice or out of range for %u axes", x->rank);
  for (guint i = 0; i < x->rank; i++)
    if ((mask >> i & 1) == 0)
      shape[rank++] = x->shape[i];
    else if (self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0)
      shape[rank++] = 1;
  tl_infer_out (self, 0, tl_reduce_out_dtype (op, x->dtype), rank, shape);
  return TRUE;
}

gboolean
tl_reduce_prepare (TlPrepare *self,
                   TlReduceOp op,
                   GError   **error)
{
  TlReduceArgs *args = tl_prepare_args (self, TlReduceArgs);
  const TlMeta *x = self->in[0], *y = &self->out[0];
  guint         mask, out = 0;

  reduced_mask (self->attrs, x->rank, &mask);
  args->dtype = x->dtype;
  args->op = op;
  for (guint i = 0; i < x->rank; i++)
    if ((mask >> i & 1) != 0) {
      args->reduced_shape[args->n_reduced] = x->shape[i];
      args->reduced_strides[args->n_reduced++] = x->strides[i];
      out += self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0;
    } else {
      args->kept_shape[args->n_kept] = x->shape[i];
      args->kept_in_strides[args->n_kept] = x->strides[i];
      args->kept_out_strides[args->n_kept++] = y->strides[out++];
    }
  self->kernel = &tl_kernels_get ()->reduce;
  return TRUE;
}

/* The extreme of nothing does not exist. */
gboolean
tl_reduce_infer_not_empty (TlInfer *self,
                           GError **error)
{
  const TlMeta *x = self->in[0];
  guint         mask;

  if (!reduced_mask (self->attrs, x->rank, &mask))
    return TRUE; /* tl_reduce_infer() says so */
  for (guint i = 0; i < x->rank; i++)
    if ((mask >> i & 1) != 0 && x->shape[i] == 0) {
      g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s has no elements", i, shape);
    }
  return TRUE;
}

/* A tensor of the reduction's result shape, repeated over the input's shape. */
TlTensor *
tl_reduce_spread (TlGradient *self,
                  TlTensor   *reduced,
                  GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  TlDim                shape[TL_TENSOR_MAX_RANK];
  guint                mask;
  g_autoptr (TlTensor) kept = NULL;

  reduced_mask (self->attrs, x->rank, &mask);
  for (guint i = 0; i < x->rank; i++)
    shape[i] = (mask >> i & 1) != 0 ? 1 : x->shape[i];
  kept = tl_reshape (reduced, x->rank, shape, error);
  return kept != NULL ? tl_expand (kept, x->rank, x->shape, error) : NULL;
}

/* The reduced axes, counted from 0 and rising. */
guint
tl_reduce_axes (const TlGradient *self,
                gint             *axes)
{
  guint mask, n = 0, rank = self->in[0]->meta.rank;

  reduced_mask (self->attrs, rank, &mask);
  for (guint i = 0; i < rank; i++)
    if ((mask >> i & 1) != 0)
      axes[n++] = (gint)i;
  return n;
}

/* sum (x - mean)^2 / (n - correction), in the shape of the result. */
TlTensor *
tl_reduce_variance (TlGradient *self,
                    double      correction,
                    GError    **error)
{
  TlTensor            *x = self->in[0];
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_reduce_axes (self, axes);
  g_autoptr (TlTensor) mean = n > 0 ? tl_mean (x, axes, n, TRUE, error) : tl_tensor_ref (x);
  g_autoptr (TlTensor) squares = tl_map_text ("(a - b) * (a - b)", error, 2, x, mean);
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) count = tl_size (tl_reduce_count (self), x->meta.dtype, error);
  g_autoptr (TlTensor) less = tl_tensor_new_number (correction, FALSE);

  if (squares != NULL)
    sum = n > 0 ? tl_sum (squares, axes, n, self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0, error) : tl_tensor_ref (squares);
  return tl_map_text ("a / max (b - c, 0)", error, 3, sum, count, less);
}

/* How many elements make one of the result; may be symbolic. */
TlDim
tl_reduce_count (TlGradient *self)
{
  const TlMeta *x = &self->in[0]->meta;
  TlDim         n = 1;
  guint         mask;

  reduced_mask (self->attrs, x->rank, &mask);
  for (guint i = 0; i < x->rank; i++)
    if ((mask >> i & 1) != 0)
      n = tl_dim_mul (n, x->shape[i]);
  return n;
}

/* dx = dy / (number of elements equal to y) where x == y. */
gboolean
tl_reduce_extreme_gradient (TlGradient *self,
                            GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                mask, n = 0;
  g_autoptr (TlTensor) y = tl_reduce_spread (self, self->out[0], error);
  g_autoptr (TlTensor) hit = tl_map_text ("a == b", error, 2, self->in[0], y);
  g_autoptr (TlTensor) count = NULL;
  g_autoptr (TlTensor) part = NULL;
  g_autoptr (TlTensor) spread = NULL;

  reduced_mask (self->attrs, self->in[0]->meta.rank, &mask);
  for (guint i = 0; i < self->in[0]->meta.rank; i++)
    if ((mask >> i & 1) != 0)
      axes[n++] = (gint)i;
  if (hit == NULL)
    return FALSE;
  count = n > 0 ? tl_sum (hit, axes, n, self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0, error) : tl_tensor_ref (hit);
  part = tl_map_text ("a / b", error, 2, self->dy[0], count);
  spread = part != NULL ? tl_reduce_spread (self, part, error) : NULL;
  self->dx[0] = tl_map_text ("a * b", error, 2, spread, hit);
  return self->dx[0] != NULL;
}

TlTensor *
tl_reduce_apply (const TlOpClass *op,
                 TlTensor        *x,
                 const gint      *axes,
                 guint            n_axes,
                 gboolean         keepdim,
                 GError         **error)
{
  TlAttrValue values[2] = { { .n = (gint32)n_axes }, TL_INT (keepdim) };
  gint        rank = MAX (x->meta.rank, 1);

  g_return_val_if_fail (n_axes <= TL_TENSOR_MAX_RANK, NULL);

  for (guint i = 0; i < n_axes; i++)
    values[0].v[i] = axes[i] + (axes[i] < 0 && axes[i] >= -rank ? rank : 0);
  return tl_op_apply1 (op, &x, 1, values, error);
}
