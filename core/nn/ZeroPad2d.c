/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "2,2,3,4", "padding = 1" },
  { "1,2,4,5", "padding = {2, 1, 0, 3}" },
  { "2,4,4", "padding = {-1, 1, 0, -2}" },
  { NULL },
};

const TlLayerClass tl_layer_ZeroPad2d = {
  .name = "ZeroPad2d",
  .group = "padding",
  .doc = "Zeros around pictures.",
  .formula = "y = 0 outside of x",
  .source = "elementary",
  .in = tl_pad_ports_2d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = constant",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ZeroPad2d(padding if len(padding) > 1 else padding[0])",
};
