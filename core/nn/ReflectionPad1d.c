/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "2,3,5", "padding = 2" },
  { "2,3,5", "padding = {1, 0}" },
  { NULL },
};

const TlLayerClass tl_layer_ReflectionPad1d = {
  .name = "ReflectionPad1d",
  .group = "padding",
  .doc = "Sequences continued by their mirror image, without the edge.",
  .formula = "y[-i] = x[i]",
  .source = "elementary",
  .in = tl_pad_ports_1d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = reflect",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ReflectionPad1d(padding if len(padding) > 1 else padding[0])",
};
