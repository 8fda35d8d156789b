/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlSample samples[] = {
  { "2,3,5", "padding = 2" },
  { "2,3,5", "padding = {1, 0}" },
  { "3,6", "padding = {-1, 2}" },
  { NULL },
};

const TlLayerClass tl_layer_ZeroPad1d = {
  .name = "ZeroPad1d",
  .group = "padding",
  .doc = "Zeros around sequences.",
  .formula = "y = 0 outside of x",
  .source = "elementary",
  .in = tl_pad_ports_1d,
  .attrs = tl_pad_attrs,
  .op = "pad",
  .op_attrs = "mode = constant",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ZeroPad1d(padding if len(padding) > 1 else padding[0])",
};
