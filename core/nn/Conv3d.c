/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

static const TlPort     ports[] = { { "x", "volumes `[n, channels, depth, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_CONV_LAYER_ATTRS (3) };

static const TlSample samples[] = {
  { "1,2,3,4,4", "out = 3, kernel = 2" },
  { "2,2,4,3,5", "out = 2, kernel = {2, 3, 2}, stride = {2, 1, 2}, padding = {1, 1, 0}, groups = 2, bias = false" },
  { "1,1,3,3,3", "out = 2, kernel = 3, padding = 1, padding_mode = replicate" },
  { "1,1,3,4,3", "out = 2, kernel = {2, 3, 2}, padding = same" },
  { NULL },
};

const TlLayerClass tl_layer_Conv3d = {
  .name = "Conv3d",
  .group = "convolution",
  .doc = "Convolution of volumes (cross-correlation, as everywhere in deep learning).",
  .formula = "y[n, o] = b[o] + sum over c of w[o, c] * x[n, c]",
  .source = "Ji et al. 2013, doi:10.1109/TPAMI.2012.59; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv3d",
  .setup = tl_conv_setup,
  .forward = tl_conv_forward,
  .samples = samples,
  .torch = "torch.nn.Conv3d(x0.shape[1], out, kernel, stride, padding or 'same', dilation, groups, bias, padding_mode)",
};
