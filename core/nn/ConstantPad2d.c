/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, or without n" }, { NULL } };

static const TlAttrSpec attrs[] = {
  TL_PAD_LAYER_PADDING,
  { "value", "of the new elements", TL_ATTR_FLOAT, TRUE },
  { NULL },
};

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_pad_forward (self, 2, "constant", self->attrs[1].d, error);
}

static const TlSample samples[] = {
  { "2,2,3,4", "padding = 1, value = 0.5" },
  { "1,2,4,5", "padding = {2, 1, 0, 3}, value = 0.5" },
  { NULL },
};

const TlLayerClass tl_layer_ConstantPad2d = {
  .name = "ConstantPad2d",
  .group = "padding",
  .doc = "A number around pictures.",
  .formula = "y = value outside of x",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.ConstantPad2d(padding if len(padding) > 1 else padding[0], value)",
};
