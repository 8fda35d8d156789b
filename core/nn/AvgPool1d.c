/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_AVG_POOL_LAYER_ATTRS (1) };

static const TlSample samples[] = {
  { "2,3,8", "kernel = 2" },
  { "2,2,7", "kernel = 3, stride = 2, padding = 1" },
  { "1,2,7", "kernel = 3, stride = 2, padding = 1, count_include_pad = false" },
  { NULL },
};

const TlLayerClass tl_layer_AvgPool1d = {
  .name = "AvgPool1d",
  .group = "pooling",
  .doc = "Mean of each window of sequences.",
  .formula = "y = mean of x over the window",
  .source = "LeCun et al. 1990, Handwritten digit recognition with a back-propagation network",
  .in = ports,
  .attrs = attrs,
  .op = "avg_pool1d",
  .samples = samples,
  .torch = "torch.nn.AvgPool1d(kernel, stride or None, padding, ceil_mode, count_include_pad)",
};
