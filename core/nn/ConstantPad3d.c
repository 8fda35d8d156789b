/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlAttrSpec attrs[] = {
  TL_PAD_LAYER_PADDING,
  { "value", "of the new elements", TL_ATTR_FLOAT, TRUE },
  { NULL },
};

static const TlSample samples[] = {
  { "1,2,3,3,4", "padding = 1, value = 0.5" },
  { "1,1,3,4,3", "padding = {0, 1, 2, 1, 1, 0}, value = 0.5" },
  { NULL },
};

const TlLayerClass tl_layer_ConstantPad3d = {
  .name = "ConstantPad3d",
  .group = "padding",
  .doc = "A number around volumes.",
  .formula = "y = value outside of x",
  .source = "elementary",
  .in = tl_pad_ports_3d,
  .attrs = attrs,
  .op = "pad",
  .op_attrs = "mode = constant",
  .forward = tl_pad_forward,
  .samples = samples,
  .torch = "torch.nn.ConstantPad3d(padding if len(padding) > 1 else padding[0], value)",
};
