/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/separable-common.h"

static const TlPort     ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_DEPTHWISE_LAYER_ATTRS (1) };

static const TlSample samples[] = {
  { "2,3,6", "kernel = 3" },
  { "1,2,6", "kernel = 3, stride = 2, padding = 1, dilation = 2, depth_multiplier = 2, bias = false" },
  { NULL },
};

const TlLayerClass tl_layer_DepthwiseConv1d = {
  .name = "DepthwiseConv1d",
  .group = "convolution",
  .doc = "Convolution of each channel by itself.",
  .formula = "y[c m + j] = depthwise[c m + j] * x[c], m the depth_multiplier",
  .source = "Chollet 2017, arXiv:1610.02357",
  .in = ports,
  .attrs = attrs,
  .setup = tl_depthwise_setup,
  .forward = tl_depthwise_forward,
  .samples = samples,
  .torch = "torch.nn.Sequential(collections.OrderedDict(depthwise=torch.nn.Conv1d(x0.shape[1], x0.shape[1] * depth_multiplier, kernel, stride, padding or 'same', dilation, x0.shape[1], bias)))",
};
