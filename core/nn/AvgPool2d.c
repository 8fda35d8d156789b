/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "kernel", "height and width of the window, in pixels", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = 2 },
  { "stride", "step of the window, in pixels; the window's size if it is not given", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "padding", "added on each side, in pixels", TL_ATTR_INTS, .def = { .n = 2 }, .has_range = TRUE, .max = 65535, .n = 2 },
  { "ceil_mode", "whether a window may reach beyond the last pixel", TL_ATTR_BOOL },
  { "count_include_pad", "whether the padding counts in the divisor", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static const TlSample samples[] = {
  { "2,3,6,6", "kernel = 2" },
  { "2,3,5,7", "kernel = 3, stride = 2, padding = 1" },
  { "1,2,6,5", "kernel = {2, 3}, stride = 1, padding = 1, count_include_pad = false" },
  { NULL },
};

const TlLayerClass tl_layer_AvgPool2d = {
  .name = "AvgPool2d",
  .group = "pooling",
  .doc = "Mean of each window.",
  .formula = "y = mean of x over the window",
  .source = "LeCun et al. 1990, Handwritten digit recognition with a back-propagation network",
  .in = ports,
  .attrs = attrs,
  .op = "avg_pool2d",
  .samples = samples,
  .torch = "torch.nn.AvgPool2d(kernel, stride or None, padding, ceil_mode, count_include_pad)",
};
