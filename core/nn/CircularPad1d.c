/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "2,3,5", "padding = 2" },
  { "2,3,5", "padding = {1, 0}" },
  { NULL },
};

const TlLayerClass tl_layer_CircularPad1d = {
  .name = "CircularPad1d",
  .group = "padding",
  .doc = "Sequences continued by their other end.",
  .formula = "y[-i] = x[size - i]",
  .source = "elementary",
  .in = tl_pad_ports_1d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = circular",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.CircularPad1d(padding if len(padding) > 1 else padding[0])",
};
