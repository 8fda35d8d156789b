/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/global-pool-common.h"

const TlLayerClass tl_layer_GlobalAvgPool = {
  .name = "GlobalAvgPool",
  .group = "pooling",
  .doc = "Mean of each channel.",
  .formula = "y[n, c] = mean of x[n, c, ...]",
  .source = "Lin, Chen & Yan 2014, arXiv:1312.4400",
  .in = tl_global_pool_ports,
  .attrs = tl_global_pool_attrs,
  .op = "mean",
  .forward = tl_global_pool_forward,
  .samples = tl_global_pool_samples,
  .torch = "x0.mean(tuple(range(2, x0.ndim)), keepdim)",
};
