/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/conv-nd.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_conv_nd_infer (self, 1, error);
}

static const TlSample samples[] = {
  { "2,3,7; 4,3,3; 4", "stride = {2}, padding = {1}" },
  { "1,4,8; 6,2,3", "groups = 2, dilation = {2}" },
  { "1,1,1; 1,1,1; 1" },
  { "2,2,7; 3,2,4; 3", "padding = same, dilation = {3}" },
  { NULL },
};

const TlOpClass tl_op_conv1d = {
  .name = "conv1d",
  .group = "convolution",
  .doc = "Convolution (cross-correlation) over one axis.",
  .formula = "y[n, o, i] = bias[o] + sum of weight[o, c, u] x[n, c, i stride + u dilation - padding]",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = tl_conv_nd_ports,
  .attrs = tl_conv_nd_attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = tl_conv_nd_decompose,
  .samples = samples,
  .onnx = { "Conv", 1 },
  .torch = "F.conv1d(x0, x1, x[2] if len(x) > 2 else None, stride, padding or 'same', dilation, groups)",
};
