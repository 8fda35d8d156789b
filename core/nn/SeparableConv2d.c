/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/separable-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_SEPARABLE_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,5,6", "out = 4, kernel = 3" },
  { "1,2,6,5", "out = 3, kernel = {3, 2}, stride = 2, padding = 1, depth_multiplier = 2, bias = false" },
  { "1,2,6,6", "out = 2, kernel = 2, dilation = 2" },
  { "1,2,5,4", "out = 2, kernel = {2, 3}, padding = same" },
  { NULL },
};

const TlLayerClass tl_layer_SeparableConv2d = {
  .name = "SeparableConv2d",
  .group = "convolution",
  .doc = "Convolution in two steps: a window for each channel, then a mixture of the channels at each pixel.",
  .formula = "y = pointwise * (depthwise * x)",
  .source = "Chollet 2017, arXiv:1610.02357",
  .in = ports,
  .attrs = attrs,
  .setup = tl_separable_setup,
  .forward = tl_separable_forward,
  .samples = samples,
  .torch = "torch.nn.Sequential(collections.OrderedDict("
           "depthwise=torch.nn.Conv2d(x0.shape[1], x0.shape[1] * depth_multiplier, kernel, stride, padding or 'same', dilation, x0.shape[1], False), "
           "pointwise=torch.nn.Conv2d(x0.shape[1] * depth_multiplier, out, 1, bias=bias)))",
};
