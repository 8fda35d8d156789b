/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_LP_POOL_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,5,6", "norm_type = 2, kernel = 2", .low = 0.1, .high = 2 },
  { "2,3,5,6", "norm_type = 1.5, kernel = {2, 3}, stride = 2, ceil_mode = true", .low = 0.1, .high = 2 },
  { NULL },
};

const TlLayerClass tl_layer_LPPool2d = {
  .name = "LPPool2d",
  .group = "pooling",
  .doc = "Norm of each window of pictures.",
  .formula = "y = (sum of x^p over the window)^(1/p)",
  .source = "Gulcehre et al. 2014, arXiv:1311.1780",
  .in = ports,
  .attrs = attrs,
  .op = "avg_pool2d",
  .forward = tl_lp_pool_layer_forward,
  .samples = samples,
  .torch = "torch.nn.LPPool2d(norm_type, kernel, stride or None, ceil_mode)",
};
