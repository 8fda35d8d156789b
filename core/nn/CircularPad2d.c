/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "2,2,3,4", "padding = 1" },
  { "1,2,4,5", "padding = {2, 1, 0, 3}" },
  { NULL },
};

const TlLayerClass tl_layer_CircularPad2d = {
  .name = "CircularPad2d",
  .group = "padding",
  .doc = "Pictures continued by their other end.",
  .formula = "y[-i] = x[size - i]",
  .source = "elementary",
  .in = tl_pad_ports_2d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = circular",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.CircularPad2d(padding if len(padding) > 1 else padding[0])",
};
