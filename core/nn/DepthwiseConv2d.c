/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/separable-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_DEPTHWISE_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,5,6", "kernel = 3" },
  { "1,2,6,5", "kernel = {3, 2}, stride = 2, padding = 1, depth_multiplier = 2, bias = false" },
  { "1,2,5,4", "kernel = {2, 3}, padding = same" },
  { NULL },
};

const TlLayerClass tl_layer_DepthwiseConv2d = {
  .name = "DepthwiseConv2d",
  .group = "convolution",
  .doc = "Convolution of each channel by itself.",
  .formula = "y[c m + j] = depthwise[c m + j] * x[c], m the depth_multiplier",
  .source = "Chollet 2017, arXiv:1610.02357",
  .in = ports,
  .attrs = attrs,
  .setup = tl_depthwise_setup,
  .forward = tl_depthwise_forward,
  .samples = samples,
  .torch = "torch.nn.Sequential(collections.OrderedDict(depthwise=torch.nn.Conv2d(x0.shape[1], x0.shape[1] * depth_multiplier, kernel, stride, padding or 'same', dilation, x0.shape[1], bias)))",
};
