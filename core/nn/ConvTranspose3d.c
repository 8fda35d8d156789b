/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

static const TlPort     ports[] = { { "x", "volumes `[n, channels, depth, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_CONV_TRANSPOSE_LAYER_ATTRS (3) };

static const TlSample samples[] = {
  { "1,2,2,3,3", "out = 3, kernel = 2" },
  { "1,2,3,2,2", "out = 2, kernel = {2, 3, 2}, stride = {2, 1, 2}, padding = {1, 1, 0}, output_padding = {1, 0, 1}, groups = 2, bias = false" },
  { "1,1,2,2,3", "out = 1, kernel = 2, stride = 2, output_size = {5, 4, 7}" },
  { NULL },
};

const TlLayerClass tl_layer_ConvTranspose3d = {
  .name = "ConvTranspose3d",
  .group = "convolution",
  .doc = "Transposed convolution of volumes: the way back of Conv3d, from small to large.",
  .formula = "y[n, o, i stride + u dilation - padding] += x[n, c, i] w[c, o, u], and b[o]",
  .source = "Zeiler et al. 2010, doi:10.1109/CVPR.2010.5539957; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv_transpose3d",
  .setup = tl_conv_transpose_setup,
  .forward = tl_conv_transpose_forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.ConvTranspose3d,), {'forward': lambda self, x: torch.nn.ConvTranspose3d.forward(self, x, output_size or None)})(x0.shape[1], out, kernel, stride, padding, output_padding, groups, bias, dilation)",
};
