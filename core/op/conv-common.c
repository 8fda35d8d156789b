/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/conv-common.h"

gboolean
tl_conv_infer_attrs (TlInfer *self,
                     GError **error)
{
  static const char *const names[] = { "stride", "padding", "dilation" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (self->attrs[i].n != 1 && self->attrs[i].n != 2)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "%s has %d numbers, 1 or 2 are wanted", names[i],
                            self->attrs[i].n);
  return TRUE;
}

/* The size of the output along a spatial axis (0 or 1), which may be symbolic; negative numbers never come out as sizes. */
TlDim
tl_conv_out_dim (const TlAttrValue *attrs,
                 guint              axis,
                 TlDim              in,
                 TlDim              kernel)
{
  gint64 stride = tl_attr_pair (&attrs[TL_CONV_ATTR_STRIDE], axis);
  gint64 padding = tl_attr_pair (&attrs[TL_CONV_ATTR_PADDING], axis);
  gint64 dilation = tl_attr_pair (&attrs[TL_CONV_ATTR_DILATION], axis);
  TlDim  room;

  if (!tl_dim_is_symbolic (in))
    return tl_conv_out_size (in, kernel, stride, dilation, padding, padding);
  room = tl_dim_add (in, 2 * padding);
  room = tl_dim_sub (room, dilation * (kernel - 1) + 1);
  return tl_dim_add (tl_dim_floor_div (room, stride), 1);
}

void
tl_conv_fill_args (TlConvArgs        *args,
                   TlDType            dtype,
                   const TlDim       *x_shape,
                   const TlDim       *weight_shape,
                   const TlAttrValue *attrs)
{
  tl_conv_args_init (args, dtype);
  args->n = x_shape[0];
  args->c = x_shape[1];
  args->o = weight_shape[0];
  args->groups = attrs[TL_CONV_ATTR_GROUPS].i;
  for (guint i = 0; i < 2; i++) {
    args->in[i] = x_shape[2 + i];
    args->kernel[i] = weight_shape[2 + i];
    args->stride[i] = tl_attr_pair (&attrs[TL_CONV_ATTR_STRIDE], i);
    args->dilation[i] = tl_attr_pair (&attrs[TL_CONV_ATTR_DILATION], i);
    args->pad_low[i] = args->pad_high[i] = tl_attr_pair (&attrs[TL_CONV_ATTR_PADDING], i);
  }
  tl_conv_args_finish (args);
}

double
tl_conv_get_flops (const TlDim *y_shape,
                   const TlDim *weight_shape)
{
  double flops = 2;

  for (guint i = 0; i < 4; i++)
    flops *= (double)y_shape[i];
  for (guint i = 1; i < 4; i++)
    flops *= (double)weight_shape[i];
  return flops;
}
