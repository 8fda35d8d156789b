/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

static const TlPort     ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_CONV_LAYER_ATTRS (1) };

static const TlSample samples[] = {
  { "2,3,7", "out = 4, kernel = 3" },
  { "2,4,8", "out = 6, kernel = 3, stride = 2, padding = 2, dilation = 2, groups = 2, bias = false" },
  { "1,2,6", "out = 3, kernel = 3, padding = 2, padding_mode = reflect" },
  { "1,2,6", "out = 3, kernel = 4, padding = same, padding_mode = reflect" },
  { NULL },
};

const TlLayerClass tl_layer_Conv1d = {
  .name = "Conv1d",
  .group = "convolution",
  .doc = "Convolution of sequences (cross-correlation, as everywhere in deep learning).",
  .formula = "y[n, o] = b[o] + sum over c of w[o, c] * x[n, c]",
  .source = "Waibel et al. 1989, doi:10.1109/29.21701; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv1d",
  .setup = tl_conv_setup,
  .forward = tl_conv_forward,
  .samples = samples,
  .torch = "torch.nn.Conv1d(x0.shape[1], out, kernel, stride, padding or 'same', dilation, groups, bias, padding_mode)",
};
