/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "volumes `[n, channels, depth, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_MAX_POOL_LAYER_ATTRS (3) };

static const TlSample samples[] = {
  { "1,2,4,4,4", "kernel = 2" },
  { "1,2,3,5,4", "kernel = {2, 3, 2}, stride = {1, 2, 2}, padding = {1, 1, 0}" },
  { "1,2,3,5,4", "kernel = {2, 3, 2}, stride = {1, 2, 2}, padding = {1, 1, 0}, return_indices = true" },
  { NULL },
};

const TlLayerClass tl_layer_MaxPool3d = {
  .name = "MaxPool3d",
  .group = "pooling",
  .doc = "Largest element of each window of volumes.",
  .formula = "y = max of x over the window",
  .source = "Weng, Ahuja & Huang 1992, doi:10.1109/IJCNN.1992.287150",
  .in = ports,
  .out = tl_max_pool_layer_out,
  .out_when = "return_indices",
  .attrs = attrs,
  .op = "max_pool3d",
  .forward = tl_max_pool_layer_forward,
  .samples = samples,
  .torch = "torch.nn.MaxPool3d(kernel, stride or None, padding, dilation, return_indices, ceil_mode)",
};
