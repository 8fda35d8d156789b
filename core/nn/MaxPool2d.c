/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "kernel", "height and width of the window, in pixels", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = 2 },
  { "stride", "step of the window, in pixels; the window's size if it is not given", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "padding", "added on each side, in pixels", TL_ATTR_INTS, .def = { .n = 2 }, .has_range = TRUE, .max = 65535, .n = 2 },
  { "dilation", "distance of the window's elements, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "ceil_mode", "whether a window may reach beyond the last pixel", TL_ATTR_BOOL },
  { NULL },
};

static const TlSample samples[] = {
  { "2,3,6,6", "kernel = 2" },
  { "2,3,5,7", "kernel = 3, stride = 2, padding = 1" },
  { "1,2,6,5", "kernel = {2, 3}, stride = 1, ceil_mode = true" },
  { NULL },
};

const TlLayerClass tl_layer_MaxPool2d = {
  .name = "MaxPool2d",
  .group = "pooling",
  .doc = "Largest element of each window.",
  .formula = "y = max of x over the window",
  .source = "Weng, Ahuja & Huang 1992, doi:10.1109/IJCNN.1992.287150",
  .in = ports,
  .attrs = attrs,
  .op = "max_pool2d",
  .samples = samples,
  .torch = "torch.nn.MaxPool2d(kernel, stride or None, padding, dilation, False, ceil_mode)",
};
