/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "volumes `[n, channels, depth, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_AVG_POOL_LAYER_DIVISOR_ATTRS (3) };

static const TlSample samples[] = {
  { "1,2,4,4,4", "kernel = 2" },
  { "1,2,3,5,4", "kernel = {2, 3, 2}, stride = {1, 2, 2}, padding = {1, 1, 0}" },
  { "1,2,4,5,3", "kernel = {2, 3, 3}, stride = {1, 3, 2}, padding = {1, 0, 1}, divisor_override = 5, ceil_mode = true" },
  { NULL },
};

const TlLayerClass tl_layer_AvgPool3d = {
  .name = "AvgPool3d",
  .group = "pooling",
  .doc = "Mean of each window of volumes.",
  .formula = "y = mean of x over the window",
  .source = "LeCun et al. 1990, Handwritten digit recognition with a back-propagation network",
  .in = ports,
  .attrs = attrs,
  .op = "avg_pool3d",
  .forward = tl_avg_pool_layer_forward,
  .samples = samples,
  .torch = "torch.nn.AvgPool3d(kernel, stride or None, padding, ceil_mode, count_include_pad, divisor_override or None)",
};
