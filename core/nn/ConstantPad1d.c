/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlAttrSpec attrs[] = {
  TL_PAD_LAYER_PADDING,
  { "value", "of the new elements", TL_ATTR_FLOAT, TRUE },
  { NULL },
};

static const TlSample samples[] = {
  { "2,3,5", "padding = 2, value = 0.5" },
  { "2,3,5", "padding = {1, 0}, value = 0.5" },
  { NULL },
};

const TlLayerClass tl_layer_ConstantPad1d = {
  .name = "ConstantPad1d",
  .group = "padding",
  .doc = "A number around sequences.",
  .formula = "y = value outside of x",
  .source = "elementary",
  .in = tl_pad_ports_1d,
  .attrs = attrs,
  .op = "pad",
  .op_attrs = "mode = constant",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ConstantPad1d(padding if len(padding) > 1 else padding[0], value)",
};
