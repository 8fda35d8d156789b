/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

static const TlAttrSpec attrs[] = { TL_MAX_UNPOOL_LAYER_ATTRS (2) };

static const TlSample samples[] = {
  { "2,3,1,1; i64:2,3,1,1<4", "kernel = 2" },
  { "1,2,1,1; i64:1,2,1,1<4", "kernel = 3, stride = 2, padding = 1, output_size = 2" },
  { NULL },
};

const TlLayerClass tl_layer_MaxUnpool2d = {
  .name = "MaxUnpool2d",
  .group = "pooling",
  .doc = "The way back of MaxPool2d: the largest elements of pictures where they were, and zeros.",
  .formula = "y[indices[i]] = x[i], else 0",
  .source = "Zeiler, Taylor & Fergus 2011, doi:10.1109/ICCV.2011.6126474",
  .in = tl_max_unpool_layer_ports,
  .attrs = attrs,
  .forward = tl_max_unpool_layer_forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.MaxUnpool2d,), {'forward': lambda self, x, i: torch.nn.MaxUnpool2d.forward(self, x, i, output_size or None)})(kernel, stride or None, padding)",
};
