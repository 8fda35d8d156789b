/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/global-pool-common.h"

const TlLayerClass tl_layer_GlobalMaxPool = {
  .name = "GlobalMaxPool",
  .group = "pooling",
  .doc = "Largest element of each channel.",
  .formula = "y[n, c] = max of x[n, c, ...]",
  .source = "Oquab et al. 2015, doi:10.1109/CVPR.2015.7298668",
  .in = tl_global_pool_ports,
  .attrs = tl_global_pool_attrs,
  .op = "amax",
  .forward = tl_global_pool_forward,
  .samples = tl_global_pool_samples,
  .torch = "x0.amax(tuple(range(2, x0.ndim)), keepdim)",
};
