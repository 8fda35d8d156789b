/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/op/conv-common.h"

enum { X,
       DY };

static const TlPort ports[] = {
  { "x", "pictures `[n, channels, height, width]`", TL_PORT_CHANNELS_LAST },
  { "dy", "gradient of the output `[n, out channels, out height, out width]`", TL_PORT_CHANNELS_LAST },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_CONV_ATTRS, { "kernel_size", "height and width of the kernel", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e12, .n = 2 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[4];

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_same_dtype (self, X, DY, error) ||
      !tl_infer_need_rank (self, X, 4, 4, error) || !tl_infer_need_rank (self, DY, 4, 4, error) ||
      !tl_conv_infer_attrs (self, error))
    return FALSE;
  shape[0] = self->in[DY]->shape[1];
  shape[1] = tl_dim_div_exact (self->in[X]->shape[1], self->attrs[TL_CONV_ATTR_GROUPS].i);
  shape[2] = tl_attr_pair (&self->attrs[TL_CONV_ATTR_EXTRA], 0);
  shape[3] = tl_attr_pair (&self->attrs[TL_CONV_ATTR_EXTRA], 1);
  if (!tl_conv_check_grad (self, self->in[X]->shape, shape, self->in[DY]->shape, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[X]->dtype, 4, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlConvArgs *args = tl_prepare_args (self, TlConvArgs);

  tl_conv_fill_args (args, self->in[X]->dtype, self->in[X]->shape, self->out[0].shape, self->attrs);
  self->kernel = &tl_kernels_get ()->conv_weight_gradient;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  if (self->needs[X]) {
    self->dx[X] = tl_conv2d_data_grad (self->in[DY], self->dy[0], self->in[X]->meta.shape, self->attrs, error);
    if (self->dx[X] == NULL)
      return FALSE;
  }
  if (self->needs[DY]) {
    self->dx[DY] = tl_conv2d_with_attrs (self->in[X], self->dy[0], NULL, self->attrs, error);
    return self->dx[DY] != NULL;
  }
  return TRUE;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  cost->flops = tl_conv_get_flops (self->in[DY]->shape, self->out[0].shape);
}

TlTensor *
tl_conv2d_weight_grad (TlTensor          *x,
                       TlTensor          *dy,
                       const TlDim       *weight_shape,
                       const TlAttrValue *values,
                       GError           **error)
{
  TlTensor   *in[] = { x, dy };
  TlAttrValue all[TL_CONV_ATTR_EXTRA + 1];

  memcpy (all, values, TL_CONV_ATTR_EXTRA * sizeof (TlAttrValue));
  all[TL_CONV_ATTR_EXTRA] = TL_INTS2 (weight_shape[2], weight_shape[3]);
  return tl_op_apply1 (&tl_op_conv2d_weight_grad, in, 2, all, error);
}

static const TlSample samples[] = {
  { "2,3,6,5; 2,4,6,5", "padding = {1}, kernel_size = {3}" },
  { "1,2,7,7; 1,3,4,6", "stride = {2, 1}, padding = {1, 0}, kernel_size = {3, 2}" },
  { NULL },
};

const TlOpClass tl_op_conv2d_weight_grad = {
  .name = "conv2d_weight_grad",
  .group = "convolution",
  .doc = "Gradient of conv2d with respect to its weight.",
  .formula = "dw[o, c, u, v] = sum of dy[n, o, i, j] x[n, c, i stride + u dilation - padding, ...]",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = cost,
  .samples = samples,
};
