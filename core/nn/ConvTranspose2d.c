/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_CONV_TRANSPOSE_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,3,4", "out = 4, kernel = 3" },
  { "1,4,3,3", "out = 2, kernel = {3, 2}, stride = 2, padding = {1, 0}, output_padding = {1, 0}, groups = 2" },
  { "1,2,2,3", "out = 2, kernel = 2, dilation = 2, bias = false" },
  { "1,2,3,3", "out = 2, kernel = {3, 2}, stride = 2, output_size = {8, 6}" },
  { NULL },
};

const TlLayerClass tl_layer_ConvTranspose2d = {
  .name = "ConvTranspose2d",
  .group = "convolution",
  .doc = "Transposed convolution of pictures: the way back of Conv2d, from small to large.",
  .formula = "y[n, o, i stride + u dilation - padding] += x[n, c, i] w[c, o, u], and b[o]",
  .source = "Zeiler et al. 2010, doi:10.1109/CVPR.2010.5539957; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv_transpose2d",
  .setup = tl_conv_transpose_setup,
  .forward = tl_conv_transpose_forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.ConvTranspose2d,), {'forward': lambda self, x: torch.nn.ConvTranspose2d.forward(self, x, output_size or None)})(x0.shape[1], out, kernel, stride, padding, output_padding, groups, bias, dilation)",
};
