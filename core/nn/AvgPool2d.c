/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_AVG_POOL_LAYER_DIVISOR_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,6,6", "kernel = 2" },
  { "2,3,5,7", "kernel = 3, stride = 2, padding = 1" },
  { "1,2,6,5", "kernel = {2, 3}, stride = 1, padding = 1, count_include_pad = false" },
  { "1,2,5,6", "kernel = {3, 2}, stride = 2, padding = {1, 0}, divisor_override = 4, ceil_mode = true" },
  { "1,2,5,6", "kernel = 2, padding = 1, count_include_pad = false, divisor_override = 3" },
  { NULL },
};

const TlLayerClass tl_layer_AvgPool2d = {
  .name = "AvgPool2d",
  .group = "pooling",
  .doc = "Mean of each window of pictures.",
  .formula = "y = mean of x over the window",
  .source = "LeCun et al. 1990, Handwritten digit recognition with a back-propagation network",
  .in = ports,
  .attrs = attrs,
  .op = "avg_pool2d",
  .forward = tl_avg_pool_layer_forward,
  .samples = samples,
  .torch = "torch.nn.AvgPool2d(kernel, stride or None, padding, ceil_mode, count_include_pad, divisor_override or None)",
};
