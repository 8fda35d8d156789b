/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pool-common.h"

#include <string.h>

#include "core/graph/node-private.h"

gint64
tl_pool_get_stride (const TlAttrValue *attrs,
                    guint              axis)
{
  const TlAttrValue *value = &attrs[attrs[TL_POOL_ATTR_STRIDE].n > 0 ? TL_POOL_ATTR_STRIDE : TL_POOL_ATTR_KERNEL_SIZE];

  return tl_attr_pair (value, axis);
}

/* TL_DIM_INVALID where whether the last window counts depends on the number. */
TlDim
tl_pool_get_out_dim (TlDim    in,
                     gint64   kernel,
                     gint64   stride,
                     gint64   dilation,
                     gint64   padding,
                     gboolean ceil_mode)
{
  gint64 reach = dilation * (kernel - 1) + 1;
  TlDim  room;

  if (!tl_dim_is_symbolic (in))
    return tl_pool_out_size (in, kernel, stride, dilation, padding, padding, ceil_mode);
  if (ceil_mode && reach <= padding + stride - 1)
    return TL_DIM_INVALID;
  room = tl_dim_add (in, 2 * padding + (ceil_mode ? stride - 1 : 0));
  return tl_dim_add (tl_dim_floor_div (tl_dim_sub (room, reach), stride), 1);
}

static gint64
get_dilation (const TlAttrValue *attrs,
              gboolean           has_dilation,
              guint              axis)
{
  return has_dilation ? tl_attr_pair (&attrs[TL_POOL_ATTR_EXTRA], axis) : 1;
}

static TlDim
out_dim (const TlAttrValue *attrs,
         gboolean           has_dilation,
         guint              axis,
         TlDim              in)
{
  gint64 kernel = tl_attr_pair (&attrs[TL_POOL_ATTR_KERNEL_SIZE], axis);
  gint64 padding = tl_attr_pair (&attrs[TL_POOL_ATTR_PADDING], axis);
  gint64 dilation = get_dilation (attrs, has_dilation, axis);
  gint64 stride = tl_pool_get_stride (attrs, axis);

  return tl_pool_get_out_dim (in, kernel, stride, dilation, padding, attrs[TL_POOL_ATTR_CEIL_MODE].i != 0);
}

gboolean
tl_pool_infer_shape (TlInfer *self,
                     gboolean has_dilation,
                     TlDim   *shape,
                     GError **error)
{
  static const char *const names[] = { "kernel_size", "stride", "padding" };
  const TlMeta            *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 4, 4, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (self->attrs[i].n > 2 || (self->attrs[i].n < 1 && i != TL_POOL_ATTR_STRIDE))
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "%s has %d numbers, 1 or 2 are wanted", names[i],
                            self->attrs[i].n);
  shape[0] = x->shape[0];
  shape[1] = x->shape[1];
  for (guint i = 0; i < 2; i++) {
    gint64 kernel = tl_attr_pair (&self->attrs[TL_POOL_ATTR_KERNEL_SIZE], i);
    gint64 padding = tl_attr_pair (&self->attrs[TL_POOL_ATTR_PADDING], i);

    if (padding > kernel / 2)
      return tl_infer_fail (self, TL_ERROR_VALUE, error,
                            "padding %" G_GINT64_FORMAT " is more than half of the window, %" G_GINT64_FORMAT, padding,
                            kernel);
    shape[2 + i] = out_dim (self->attrs, has_dilation, i, x->shape[2 + i]);
    if (shape[2 + i] == 0 || shape[2 + i] == TL_DIM_INVALID) {
      g_autofree char *text = tl_shape_to_string (x->shape, 4);

      if (tl_dim_is_symbolic (x->shape[2 + i]))
        return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "whether the last window of axis %u of %s counts depends on its size (ceil_mode)", 2 + i, text);
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "a window of %" G_GINT64_FORMAT " does not fit axis %u of %s",
                            kernel, 2 + i, text);
    }
  }
  return TRUE;
}

void
tl_pool_fill_args (TlPoolArgs        *args,
                   const TlMeta      *x,
                   const TlMeta      *y,
                   const TlAttrValue *attrs,
                   gboolean           has_dilation)
{
  args->dtype = x->dtype;
  args->index_dtype = tl_pool_index_dtype (attrs);
  args->count_include_pad = !has_dilation && attrs[TL_POOL_ATTR_EXTRA].i != 0;
  args->n = x->shape[0];
  args->c = x->shape[1];
  for (guint i = 0; i < 2; i++) {
    args->in[i] = x->shape[2 + i];
    args->out[i] = y->shape[2 + i];
    args->kernel[i] = tl_attr_pair (&attrs[TL_POOL_ATTR_KERNEL_SIZE], i);
    args->stride[i] = tl_pool_get_stride (attrs, i);
    args->pad_low[i] = args->pad_high[i] = tl_attr_pair (&attrs[TL_POOL_ATTR_PADDING], i);
    args->dilation[i] = get_dilation (attrs, has_dilation, i);
  }
  for (guint i = 0; i < 4; i++) {
    args->x_stride[i] = x->strides[i];
    args->y_stride[i] = y->strides[i];
  }
}

TlDType
tl_pool_index_dtype (const TlAttrValue *attrs)
{
  const TlAttrValue *kernel = &attrs[TL_POOL_ATTR_KERNEL_SIZE];

  return tl_attr_pair (kernel, 0) * tl_attr_pair (kernel, 1) <= 256 ? TL_DTYPE_U8 : TL_DTYPE_I32;
}

void
tl_pool_grad_attrs (const TlAttrValue *attrs,
                    const TlMeta      *x,
                    TlAttrValue       *all)
{
  memcpy (all, attrs, TL_POOL_ATTR_INPUT_SHAPE * sizeof (TlAttrValue));
  all[TL_POOL_ATTR_EPILOGUE] = TL_INT (TL_EPILOGUE_NONE);
  all[TL_POOL_ATTR_INPUT_SHAPE] = (TlAttrValue){ .n = 4, .v = { x->shape[0], x->shape[1], x->shape[2], x->shape[3] } };
}

/* The gradient of the output as it is, or copied to the layout of x, which the gradient of x then has too. */
TlTensor *
tl_pool_take_layout (TlTensor     *dy,
                     const TlMeta *x,
                     GError      **error)
{
  if (tl_meta_is_channels_last (x) && !tl_meta_is_contiguous (x) && !tl_meta_is_channels_last (&dy->meta))
    return tl_copy (dy, dy->meta.dtype, TL_LAYOUT_CHANNELS_LAST, error);
  return tl_tensor_ref (dy);
}
