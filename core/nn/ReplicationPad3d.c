/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "1,2,3,3,4", "padding = 1" },
  { "1,1,3,4,3", "padding = {0, 1, 2, 1, 1, 0}" },
  { NULL },
};

const TlLayerClass tl_layer_ReplicationPad3d = {
  .name = "ReplicationPad3d",
  .group = "padding",
  .doc = "Volumes continued by their outermost elements.",
  .formula = "y[-i] = x[0]",
  .source = "elementary",
  .in = tl_pad_ports_3d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = replicate",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ReplicationPad3d(padding if len(padding) > 1 else padding[0])",
};
