/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/conv-common.h"

const char *const tl_conv_paddings[] = { "valid", "same", NULL };

gboolean
tl_conv_infer_attrs (TlInfer *self,
                     GError **error)
{
  static const char *const names[] = { "stride", "padding", "dilation" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (self->attrs[i].n != 1 && self->attrs[i].n != 2 && !(i == TL_CONV_ATTR_PADDING && self->attrs[i].n == 0))
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "%s has %d numbers, 1 or 2 are wanted", names[i],
                            self->attrs[i].n);
  return tl_conv_check_same (self, error);
}

/* Whether padding is given by numbers, or the window goes element by element. */
gboolean
tl_conv_check_same (TlInfer *self,
                    GError **error)
{
  const TlAttrValue *stride = &self->attrs[TL_CONV_ATTR_STRIDE];

  for (gint i = 0; i < stride->n && self->attrs[TL_CONV_ATTR_PADDING].n == 0; i++)
    if (stride->v[i] != 1)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "padding = \"same\" wants a stride of 1, not %" G_GINT64_FORMAT, stride->v[i]);
  return TRUE;
}

/* Zeros before and behind a spatial axis.  Of an odd number the one more is behind, as PyTorch has it. */
void
tl_conv_get_padding (const TlAttrValue *attrs,
                     guint              axis,
                     gint64             kernel,
                     gint64            *low,
                     gint64            *high)
{
  const TlAttrValue *padding = &attrs[TL_CONV_ATTR_PADDING];
  gint64             all = tl_attr_pair (&attrs[TL_CONV_ATTR_DILATION], axis) * (kernel - 1);

  *low = padding->n > 0 ? tl_attr_pair (padding, axis) : all / 2;
  *high = padding->n > 0 ? *low : all - *low;
}

/* The size of the output along a spatial axis (0 or 1), which may be symbolic; negative numbers never come out as sizes. */
TlDim
tl_conv_out_dim (const TlAttrValue *attrs,
                 guint              axis,
                 TlDim              in,
                 TlDim              kernel)
{
  gint64 stride = tl_attr_pair (&attrs[TL_CONV_ATTR_STRIDE], axis);
  gint64 dilation = tl_attr_pair (&attrs[TL_CONV_ATTR_DILATION], axis), low, high;
  TlDim  room;

  tl_conv_get_padding (attrs, axis, kernel, &low, &high);
  if (!tl_dim_is_symbolic (in))
    return tl_conv_out_size (in, kernel, stride, dilation, low, high);
  if (attrs[TL_CONV_ATTR_PADDING].n == 0)
    return in;
  room = tl_dim_add (in, low + high);
  room = tl_dim_sub (room, dilation * (kernel - 1) + 1);
  return tl_dim_add (tl_dim_floor_div (room, stride), 1);
}

/* Of rows that are gradients: whether that of the output fits, as far as sizes are known. */
gboolean
tl_conv_check_grad (TlInfer     *self,
                    const TlDim *x_shape,
                    const TlDim *weight_shape,
                    const TlDim *dy_shape,
                    GError     **error)
{
  gboolean fits = dy_shape[0] == x_shape[0] && dy_shape[1] == weight_shape[0] &&
                  tl_dim_mul (weight_shape[1], self->attrs[TL_CONV_ATTR_GROUPS].i) == x_shape[1] &&
                  (dy_shape[1] < 0 || dy_shape[1] % self->attrs[TL_CONV_ATTR_GROUPS].i == 0);

  for (guint i = 2; i < 4; i++)
    if (x_shape[i] >= 0 && weight_shape[i] >= 0 && dy_shape[i] >= 0)
      fits = fits && weight_shape[i] > 0 && dy_shape[i] == tl_conv_out_dim (self->attrs, i - 2, x_shape[i], weight_shape[i]);
  if (!fits) {
    g_autofree char *x = tl_shape_to_string (x_shape, 4);
    g_autofree char *weight = tl_shape_to_string (weight_shape, 4);
    g_autofree char *dy = tl_shape_to_string (dy_shape, 4);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "dy %s does not fit x %s and weight %s", dy, x, weight);
  }
  return TRUE;
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
    tl_conv_get_padding (attrs, i, weight_shape[2 + i], &args->pad_low[i], &args->pad_high[i]);
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
