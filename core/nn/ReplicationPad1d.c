/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "2,3,5", "padding = 2" },
  { "2,3,5", "padding = {1, 0}" },
  { NULL },
};

const TlLayerClass tl_layer_ReplicationPad1d = {
  .name = "ReplicationPad1d",
  .group = "padding",
  .doc = "Sequences continued by their outermost elements.",
  .formula = "y[-i] = x[0]",
  .source = "elementary",
  .in = tl_pad_ports_1d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = replicate",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ReplicationPad1d(padding if len(padding) > 1 else padding[0])",
};
