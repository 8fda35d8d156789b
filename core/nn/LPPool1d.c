/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_LP_POOL_LAYER_ATTRS (1) };

static const TlSample samples[] = {
  { "2,3,8", "norm_type = 2, kernel = 2", .low = 0.1, .high = 2 },
  { "2,3,8", "norm_type = 1.5, kernel = 3, stride = 2, ceil_mode = true", .low = 0.1, .high = 2 },
  { NULL },
};

const TlLayerClass tl_layer_LPPool1d = {
  .name = "LPPool1d",
  .group = "pooling",
  .doc = "Norm of each window of sequences.",
  .formula = "y = (sum of x^p over the window)^(1/p)",
  .source = "Gulcehre et al. 2014, arXiv:1311.1780",
  .in = ports,
  .attrs = attrs,
  .op = "avg_pool1d",
  .forward = tl_lp_pool_layer_forward,
  .samples = samples,
  .torch = "torch.nn.LPPool1d(norm_type, kernel[0], stride[0] if stride else None, ceil_mode)",
};
