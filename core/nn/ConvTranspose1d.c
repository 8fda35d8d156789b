/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

static const TlPort     ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_CONV_TRANSPOSE_LAYER_ATTRS (1) };

static const TlSample samples[] = {
  { "2,3,5", "out = 4, kernel = 3" },
  { "2,4,4", "out = 6, kernel = 3, stride = 2, padding = 1, output_padding = 1, groups = 2, dilation = 2, bias = false" },
  { "1,2,4", "out = 2, kernel = 3, stride = 3, padding = 1, output_size = 12" },
  { NULL },
};

const TlLayerClass tl_layer_ConvTranspose1d = {
  .name = "ConvTranspose1d",
  .group = "convolution",
  .doc = "Transposed convolution of sequences: the way back of Conv1d, from small to large.",
  .formula = "y[n, o, i stride + u dilation - padding] += x[n, c, i] w[c, o, u], and b[o]",
  .source = "Zeiler et al. 2010, doi:10.1109/CVPR.2010.5539957; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv_transpose1d",
  .setup = tl_conv_transpose_setup,
  .forward = tl_conv_transpose_forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.ConvTranspose1d,), {'forward': lambda self, x: torch.nn.ConvTranspose1d.forward(self, x, output_size or None)})(x0.shape[1], out, kernel, stride, padding, output_padding, groups, bias, dilation)",
};
