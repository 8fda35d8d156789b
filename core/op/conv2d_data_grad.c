/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/op/conv-common.h"

enum { DY,
       WEIGHT };

static const TlPort ports[] = {
  { "dy", "gradient of the output `[n, out channels, out height, out width]`", TL_PORT_CHANNELS_LAST },
  { "weight", "`[out channels, channels / groups, kernel height, kernel width]`", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_CONV_ATTRS, { "input_shape", "shape of x", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e15, .n = 4 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, DY, error) || !tl_infer_need_same_dtype (self, DY, WEIGHT, error) ||
      !tl_infer_need_rank (self, DY, 4, 4, error) || !tl_infer_need_rank (self, WEIGHT, 4, 4, error) ||
      !tl_conv_infer_attrs (self, error) ||
      !tl_conv_check_grad (self, self->attrs[TL_CONV_ATTR_EXTRA].v, self->in[WEIGHT]->shape, self->in[DY]->shape, error))
    return FALSE;
  tl_meta_init_channels_last (&self->out[0], self->in[DY]->dtype, 4, self->attrs[TL_CONV_ATTR_EXTRA].v);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlConvArgs *args = tl_prepare_args (self, TlConvArgs);

  tl_conv_fill_args (args, self->in[DY]->dtype, self->out[0].shape, self->in[WEIGHT]->shape, self->attrs);
  self->kernel = &tl_kernels_get ()->conv_data_gradient;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  if (self->needs[DY]) {
    self->dx[DY] = tl_conv2d_with_attrs (self->dy[0], self->in[WEIGHT], NULL, self->attrs, error);
    if (self->dx[DY] == NULL)
      return FALSE;
  }
  if (self->needs[WEIGHT]) {
    self->dx[WEIGHT] = tl_conv2d_weight_grad (self->dy[0], self->in[DY], self->in[WEIGHT]->meta.shape, self->attrs, error);
    return self->dx[WEIGHT] != NULL;
  }
  return TRUE;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  cost->flops = tl_conv_get_flops (self->in[DY]->shape, self->in[WEIGHT]->shape);
}

TlTensor *
tl_conv2d_data_grad (TlTensor          *dy,
                     TlTensor          *weight,
                     const TlDim       *x_shape,
                     const TlAttrValue *values,
                     GError           **error)
{
  TlTensor   *in[] = { dy, weight };
  TlAttrValue all[TL_CONV_ATTR_EXTRA + 1];

  memcpy (all, values, TL_CONV_ATTR_EXTRA * sizeof (TlAttrValue));
  all[TL_CONV_ATTR_EXTRA] = (TlAttrValue){ .n = 4, .v = { x_shape[0], x_shape[1], x_shape[2], x_shape[3] } };
  return tl_op_apply1 (&tl_op_conv2d_data_grad, in, 2, all, error);
}

static const TlSample samples[] = {
  { "2,4,6,5; 4,3,3,3", "padding = {1}, input_shape = {2, 3, 6, 5}" },
  { "1,3,4,6; 3,2,3,2", "stride = {2, 1}, padding = {1, 0}, input_shape = {1, 2, 7, 7}" },
  { NULL },
};

const TlOpClass tl_op_conv2d_data_grad = {
  .name = "conv2d_data_grad",
  .group = "convolution",
  .doc = "Gradient of conv2d with respect to its input.",
  .formula = "dx[n, c, p, q] = sum of weight[o, c, u, v] dy[n, o, i, j] over all windows that read it",
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
