/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/separable-common.h"

static const TlPort     ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_SEPARABLE_LAYER_ATTRS (1) };

static const TlSample samples[] = {
  { "2,3,6", "out = 4, kernel = 3" },
  { "1,2,6", "out = 3, kernel = 3, stride = 2, padding = 1, depth_multiplier = 2, bias = false" },
  { "1,2,5", "out = 2, kernel = 2, padding = same" },
  { NULL },
};

const TlLayerClass tl_layer_SeparableConv1d = {
  .name = "SeparableConv1d",
  .group = "convolution",
  .doc = "Convolution in two steps: a window for each channel, then a mixture of the channels at each step.",
  .formula = "y = pointwise * (depthwise * x)",
  .source = "Chollet 2017, arXiv:1610.02357",
  .in = ports,
  .attrs = attrs,
  .setup = tl_separable_setup,
  .forward = tl_separable_forward,
  .samples = samples,
  .torch = "torch.nn.Sequential(collections.OrderedDict("
           "depthwise=torch.nn.Conv1d(x0.shape[1], x0.shape[1] * depth_multiplier, kernel, stride, padding or 'same', dilation, x0.shape[1], False), "
           "pointwise=torch.nn.Conv1d(x0.shape[1] * depth_multiplier, out, 1, bias=bias)))",
};
