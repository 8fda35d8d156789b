/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pool-nd.h"

static gint64
number_of (const TlAttrValue *values,
           guint              attr,
           guint              axis)
{
  if (attr == TL_POOL_ATTR_STRIDE)
    return tl_pool_get_stride (values, axis);
  return tl_attr_pair (&values[attr], axis);
}

static TlDim
out_dim (const TlAttrValue *values,
         guint              axis,
         gboolean           is_max,
         TlDim              in)
{
  gint64 kernel = number_of (values, TL_POOL_ATTR_KERNEL_SIZE, axis), stride = number_of (values, TL_POOL_ATTR_STRIDE, axis);
  gint64 padding = number_of (values, TL_POOL_ATTR_PADDING, axis);
  gint64 dilation = is_max ? number_of (values, TL_POOL_ATTR_EXTRA, axis) : 1;

  return tl_pool_get_out_dim (in, kernel, stride, dilation, padding, values[TL_POOL_ATTR_CEIL_MODE].i != 0);
}

gboolean
tl_pool_nd_infer (TlInfer *self,
                  guint    n_spatial,
                  gboolean is_max,
                  GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, n_spatial + 2, n_spatial + 2, error))
    return FALSE;
  for (guint i = 0; i < TL_POOL_ATTR_CEIL_MODE; i++)
    if (self->attrs[i].n != 1 && self->attrs[i].n != (gint)n_spatial && !(i == TL_POOL_ATTR_STRIDE && self->attrs[i].n == 0))
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "%s has %d numbers, 1 or %u are wanted", self->op->attrs[i].name, self->attrs[i].n, n_spatial);
  shape[0] = x->shape[0];
  shape[1] = x->shape[1];
  for (guint i = 0; i < n_spatial; i++) {
    gint64 padding = number_of (self->attrs, TL_POOL_ATTR_PADDING, i), kernel = number_of (self->attrs, TL_POOL_ATTR_KERNEL_SIZE, i);

    if (2 * padding > kernel)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "padding %" G_GINT64_FORMAT " is more than half of the window of %" G_GINT64_FORMAT, padding, kernel);
    shape[2 + i] = out_dim (self->attrs, i, is_max, x->shape[2 + i]);
    if (shape[2 + i] == 0 || shape[2 + i] == TL_DIM_INVALID) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      if (tl_dim_is_symbolic (x->shape[2 + i]))
        return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "whether the last window of axis %u of %s counts depends on its size (ceil_mode)", 2 + i, text);
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "no window fits axis %u of %s", 2 + i, text);
    }
  }
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

/* Pools the last two axes of @x by the windows of two spatial axes; -1 is an axis that stays. */
static TlTensor *
pool (TlGradient *self,
      TlTensor   *x,
      gint        high,
      gint        low,
      gboolean    is_max,
      GError    **error)
{
  TlAttrValue values[TL_POOL_ATTR_EXTRA + 1];
  TlTensor   *out[2] = { NULL };

  for (guint i = 0; i < TL_POOL_ATTR_CEIL_MODE; i++) {
    gint64 none = i != TL_POOL_ATTR_PADDING;

    values[i] = TL_INTS2 (high < 0 ? none : number_of (self->attrs, i, (guint)high), low < 0 ? none : number_of (self->attrs, i, (guint)low));
  }
  values[TL_POOL_ATTR_CEIL_MODE] = self->attrs[TL_POOL_ATTR_CEIL_MODE];
  values[TL_POOL_ATTR_EXTRA] = self->attrs[TL_POOL_ATTR_EXTRA];
  if (is_max)
    values[TL_POOL_ATTR_EXTRA] = TL_INTS2 (high < 0 ? 1 : number_of (self->attrs, TL_POOL_ATTR_EXTRA, (guint)high),
                                           low < 0 ? 1 : number_of (self->attrs, TL_POOL_ATTR_EXTRA, (guint)low));
  if (!tl_op_apply (is_max ? &tl_op_max_pool2d : &tl_op_avg_pool2d, &x, 1, values, out, is_max ? 2 : 1, error))
    return NULL;
  g_clear_pointer (&out[1], tl_tensor_unref);
  return out[0];
}

gboolean
tl_pool_nd_decompose (TlGradient *self,
                      guint       n_spatial,
                      gboolean    is_max,
                      GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  TlMeta               out;
  g_autoptr (TlTensor) open = NULL;
  g_autoptr (TlTensor) flat = NULL;
  g_autoptr (TlTensor) y = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  if (n_spatial == 1) {
    open = tl_unsqueeze (self->in[0], 2, error);
    y = open != NULL ? pool (self, open, -1, 0, is_max, error) : NULL;
  } else {
    TlDim pictures[] = { x->shape[0], tl_dim_mul (x->shape[1], x->shape[2]), x->shape[3], x->shape[4] };
    TlDim columns[] = { x->shape[0], x->shape[1], x->shape[2], tl_dim_mul (out.shape[3], out.shape[4]) };

    open = tl_reshape (self->in[0], 4, pictures, error);
    flat = open != NULL ? pool (self, open, 1, 2, is_max, error) : NULL;
    g_clear_pointer (&open, tl_tensor_unref);
    open = flat != NULL ? tl_reshape (flat, 4, columns, error) : NULL;
    y = open != NULL ? pool (self, open, 0, -1, is_max, error) : NULL;
  }
  self->dx[0] = y != NULL ? tl_reshape (y, out.rank, out.shape, error) : NULL;
  return self->dx[0] != NULL;
}
