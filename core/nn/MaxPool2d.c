/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_MAX_POOL_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,6,6", "kernel = 2" },
  { "2,3,5,7", "kernel = 3, stride = 2, padding = 1" },
  { "1,2,6,5", "kernel = {2, 3}, stride = 1, ceil_mode = true" },
  { "1,2,6,5", "kernel = {2, 3}, stride = {2, 1}, padding = {0, 1}, dilation = {2, 1}, return_indices = true" },
  { NULL },
};

const TlLayerClass tl_layer_MaxPool2d = {
  .name = "MaxPool2d",
  .group = "pooling",
  .doc = "Largest element of each window of pictures.",
  .formula = "y = max of x over the window",
  .source = "Weng, Ahuja & Huang 1992, doi:10.1109/IJCNN.1992.287150",
  .in = ports,
  .out = tl_max_pool_layer_out,
  .out_when = "return_indices",
  .attrs = attrs,
  .op = "max_pool2d",
  .forward = tl_max_pool_layer_forward,
  .samples = samples,
  .torch = "torch.nn.MaxPool2d(kernel, stride or None, padding, dilation, return_indices, ceil_mode)",
};
