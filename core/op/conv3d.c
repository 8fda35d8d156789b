/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/conv-nd.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_conv_nd_infer (self, 3, error);
}

static const TlSample samples[] = {
  { "1,2,4,4,3; 3,2,3,2,2; 3", "stride = {2, 1, 1}, padding = {1, 0, 1}" },
  { "2,2,3,3,3; 2,1,2,2,2", "groups = 2, dilation = {2, 1, 1}" },
  { "1,1,3,4,3; 2,1,2,3,2; 2", "padding = same, dilation = {1, 1, 2}" },
  { NULL },
};

const TlOpClass tl_op_conv3d = {
  .name = "conv3d",
  .group = "convolution",
  .doc = "Convolution (cross-correlation) over three axes.",
  .formula = "y[n, o, i] = bias[o] + sum of weight[o, c, u] x[n, c, i stride + u dilation - padding]",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = tl_conv_nd_ports,
  .attrs = tl_conv_nd_attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = tl_conv_nd_decompose,
  .samples = samples,
  .onnx = { "Conv", 1 },
  .torch = "F.conv3d(x0, x1, x[2] if len(x) > 2 else None, stride, padding or 'same', dilation, groups)",
};
