/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, or without n" }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_pad_forward (self, 2, "constant", 0, error);
}

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
  .in = ports,
  .attrs = tl_pad_attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.ZeroPad2d(padding if len(padding) > 1 else padding[0])",
};
