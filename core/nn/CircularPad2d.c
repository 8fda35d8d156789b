/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, or without n" }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_pad_forward (self, 2, "circular", 0, error);
}

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
  .in = ports,
  .attrs = tl_pad_attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.CircularPad2d(padding if len(padding) > 1 else padding[0])",
};
