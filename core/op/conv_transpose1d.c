/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/conv-nd.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_conv_transpose_infer (self, 1, error);
}

static const TlSample samples[] = {
  { "2,4,5; 4,3,3; 3", "stride = {2}, padding = {1}, output_padding = {1}" },
  { "1,4,5; 4,2,3", "groups = 2, dilation = {2}" },
  { "1,1,1; 1,1,1; 1" },
  { NULL },
};

const TlOpClass tl_op_conv_transpose1d = {
  .name = "conv_transpose1d",
  .group = "convolution",
  .doc = "Transposed convolution over one axis.",
  .formula = "y[n, o, i stride + u dilation - padding] += x[n, c, i] weight[c, o, u], and bias[o]",
  .source = "Zeiler et al. 2010, doi:10.1109/CVPR.2010.5539957",
  .in = tl_conv_transpose_ports,
  .attrs = tl_conv_transpose_attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = tl_conv_transpose_decompose,
  .samples = samples,
  .onnx = { "ConvTranspose", 1 },
  .torch = "F.conv_transpose1d(x0, x1, x[2] if len(x) > 2 else None, stride, padding, output_padding, groups, dilation)",
};
