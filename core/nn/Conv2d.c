/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_CONV_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,5,6", "out = 4, kernel = 3" },
  { "2,3,5,6", "out = 4, kernel = {3, 2}, stride = {2, 1}, padding = {1, 0}, bias = false" },
  { "1,4,6,6", "out = 4, kernel = 3, groups = 2, dilation = 2, padding = 2" },
  { "2,1,1,1", "out = 1, kernel = 1" },
  { "1,2,4,5", "out = 2, kernel = 3, padding = {1, 2}, padding_mode = circular" },
  { "1,2,3,4", "out = 2, kernel = 3, padding = {1, 2}, padding_mode = replicate" },
  { "1,2,3,4", "out = 2, kernel = 2, weight_init = xavier_normal, bias_init = zeros" },
  { "1,2,5,6", "out = 2, kernel = {3, 4}, dilation = {2, 1}, padding = same" },
  { "1,2,5,6", "out = 2, kernel = {2, 3}, dilation = {3, 1}, padding = same, padding_mode = circular" },
  { "1,2,5,6", "out = 2, kernel = 3, padding = valid" },
  { NULL },
};

const TlLayerClass tl_layer_Conv2d = {
  .name = "Conv2d",
  .group = "convolution",
  .doc = "Convolution of pictures (cross-correlation, as everywhere in deep learning).",
  .formula = "y[n, o] = b[o] + sum over c of w[o, c] * x[n, c]",
  .source = "LeCun et al. 1989, doi:10.1162/neco.1989.1.4.541; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv2d",
  .setup = tl_conv_setup,
  .forward = tl_conv_forward,
  .samples = samples,
  .torch = "torch.nn.Conv2d(x0.shape[1], out, kernel, stride, padding or 'same', dilation, groups, bias, padding_mode)",
};
