/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/op/conv-common.h"

enum { X,
       WEIGHT,
       BIAS };

static const TlPort ports[] = {
  { "x", "pictures `[n, channels, height, width]`, floating", TL_PORT_CHANNELS_LAST },
  { "weight", "`[out channels, channels / groups, kernel height, kernel width]`, same dtype", TL_PORT_CONTIGUOUS },
  { "bias", "`[out channels]`, same dtype", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_CONV_ATTRS, TL_ATTR_EPILOGUE, { NULL } };

static const TlEpilogue epilogues[] = { { "max (a, 0)", TL_CONV_ATTR_EXTRA, TL_EPILOGUE_RELU, 0 }, { NULL } };

static gboolean
fail_shape (TlInfer    *self,
            const char *what,
            GError    **error)
{
  g_autofree char *x = tl_shape_to_string (self->in[X]->shape, 4);
  g_autofree char *weight = tl_shape_to_string (self->in[WEIGHT]->shape, 4);

  return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s: x %s, weight %s, groups %" G_GINT64_FORMAT, what, x, weight,
                        self->attrs[TL_CONV_ATTR_GROUPS].i);
}

static gboolean
check_operands (TlInfer *self,
                GError **error)
{
  gboolean has_bias = tl_has_in (self, BIAS);
  gint64   groups = self->attrs[TL_CONV_ATTR_GROUPS].i;

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_same_dtype (self, X, WEIGHT, error) ||
      (has_bias && !tl_infer_need_same_dtype (self, X, BIAS, error)) || !tl_infer_need_rank (self, X, 4, 4, error) ||
      !tl_infer_need_rank (self, WEIGHT, 4, 4, error) || (has_bias && !tl_infer_need_rank (self, BIAS, 1, 1, error)) ||
      !tl_conv_infer_attrs (self, error))
    return FALSE;
  if (self->in[X]->shape[1] != tl_dim_mul (self->in[WEIGHT]->shape[1], groups))
    return fail_shape (self, "channels differ", error);
  if (self->in[WEIGHT]->shape[0] % groups != 0)
    return fail_shape (self, "out channels cannot be divided by groups", error);
  if (has_bias && self->in[BIAS]->shape[0] != self->in[WEIGHT]->shape[0])
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "bias has %" G_GINT64_FORMAT " elements for %" G_GINT64_FORMAT " channels",
                          self->in[BIAS]->shape[0], self->in[WEIGHT]->shape[0]);
  return TRUE;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x, *weight;
  TlDim         shape[4];

  if (!check_operands (self, error))
    return FALSE;
  x = self->in[X];
  weight = self->in[WEIGHT];
  shape[0] = x->shape[0];
  shape[1] = weight->shape[0];
  for (guint i = 0; i < 2; i++) {
    if (tl_dim_is_symbolic (weight->shape[2 + i]))
      return fail_shape (self, "the kernel's size must be a number", error);
    shape[2 + i] = tl_conv_out_dim (self->attrs, i, x->shape[2 + i], weight->shape[2 + i]);
    if (shape[2 + i] == 0 || shape[2 + i] == TL_DIM_INVALID || weight->shape[2 + i] == 0)
      return fail_shape (self, "the kernel is larger than the picture", error);
  }
  tl_meta_init_channels_last (&self->out[0], x->dtype, 4, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlConvArgs *args = tl_prepare_args (self, TlConvArgs);

  tl_conv_fill_args (args, self->in[X]->dtype, self->in[X]->shape, self->in[WEIGHT]->shape, self->attrs);
  args->has_bias = tl_has_in (self, BIAS);
  args->activation = self->attrs[TL_CONV_ATTR_EXTRA].i == TL_EPILOGUE_RELU ? TL_ACTIVATION_RELU : TL_ACTIVATION_NONE;
  self->kernel = &tl_kernels_get ()->conv_forward;
  tl_prepare_data (self, TL_OPERAND_IN (X), TL_OPERAND_IN (WEIGHT), tl_operand_in (self, BIAS), TL_OPERAND_OUT (0));
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  static const gint axes[] = { 0, 2, 3 };

  if (self->needs[X]) {
    self->dx[X] = tl_conv2d_data_grad (self->dy[0], self->in[WEIGHT], self->in[X]->meta.shape, self->attrs, error);
    if (self->dx[X] == NULL)
      return FALSE;
  }
  if (self->needs[WEIGHT]) {
    self->dx[WEIGHT] = tl_conv2d_weight_grad (self->in[X], self->dy[0], self->in[WEIGHT]->meta.shape, self->attrs, error);
    if (self->dx[WEIGHT] == NULL)
      return FALSE;
  }
  if (tl_has_in (self, BIAS) && self->needs[BIAS]) {
    self->dx[BIAS] = tl_sum (self->dy[0], axes, 3, FALSE, error);
    return self->dx[BIAS] != NULL;
  }
  return TRUE;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  cost->flops = tl_conv_get_flops (self->out[0].shape, self->in[WEIGHT]->shape);
}

TlTensor *
tl_conv2d_with_attrs (TlTensor          *x,
                      TlTensor          *weight,
                      TlTensor          *bias,
                      const TlAttrValue *values,
                      GError           **error)
{
  TlTensor   *in[] = { x, weight, bias };
  TlAttrValue all[TL_CONV_ATTR_EXTRA + 1] = { { { 0 } } };

  memcpy (all, values, TL_CONV_ATTR_EXTRA * sizeof (TlAttrValue));
  return tl_op_apply1 (&tl_op_conv2d, in, bias != NULL ? 3 : 2, all, error);
}

/**
 * tl_conv2d:
 * @x: pictures, shape `[n, channels, height, width]`, floating
 * @weight: shape `[out channels, channels / groups, kernel height, kernel width]`
 * @bias: (nullable): shape `[out channels]`
 * @stride: (array fixed-size=2): step of the window along height and width
 * @padding: (array fixed-size=2): zeros around the picture
 * @dilation: (array fixed-size=2): distance of the kernel's elements
 * @groups: parts into which channels are divided
 * @error: return location for an error
 *
 * Cross-correlation, as PyTorch's convolution.  The result lies channels-last in memory.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): `[n, out channels, out height, out width]`, or %NULL
 */
TlTensor *
tl_conv2d (TlTensor     *x,
           TlTensor     *weight,
           TlTensor     *bias,
           const gint64 *stride,
           const gint64 *padding,
           const gint64 *dilation,
           gint64        groups,
           GError      **error)
{
  const TlAttrValue values[] = {
    TL_INTS2 (stride[0], stride[1]),
    TL_INTS2 (padding[0], padding[1]),
    TL_INTS2 (dilation[0], dilation[1]),
    TL_INT (groups),
  };

  return tl_conv2d_with_attrs (x, weight, bias, values, error);
}

static const TlSample samples[] = {
  { "2,3,6,5; 4,3,3,3; 4", "padding = {1}" },
  { "1,2,7,7; 3,2,3,2", "stride = {2, 1}, padding = {1, 0}" },
  { "2,4,5,5; 6,2,3,3; 6", "groups = 2, dilation = {2}, padding = {2}" },
  { "1,1,1,1; 1,1,1,1; 1" },
  { "1,2,5,6; 3,2,3,4; 3", "padding = same" },
  { "1,2,7,6; 2,1,2,3", "padding = same, dilation = {3, 2}, groups = 2" },
  { "1,2,6,5; 2,2,2,3", "padding = valid, stride = {2}" },
  { "0,2,4,4; 3,2,3,3; 3" },
  { NULL },
};

const TlOpClass tl_op_conv2d = {
  .name = "conv2d",
  .group = "convolution",
  .doc = "Two-dimensional convolution (cross-correlation).",
  .formula = "y[n, o, i, j] = bias[o] + sum_cuv weight[o, c, u, v] x[n, c, i stride + u dilation - padding, ...]",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = cost,
  .epilogues = epilogues,
  .samples = samples,
  .onnx = { "Conv", 1 },
  .torch = "torch.nn.functional.conv2d(x0, x1, x[2] if len(x) > 2 else None, stride, padding or 'same', dilation, groups)",
};
