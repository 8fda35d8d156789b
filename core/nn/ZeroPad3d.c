/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlPort ports[] = { { "x", "volumes `[n, channels, depth, height, width]`, or without n" }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_pad_forward (self, 3, "constant", 0, error);
}

static const TlSample samples[] = {
  { "1,2,3,3,4", "padding = 1" },
  { "1,1,3,4,3", "padding = {0, 1, 2, 1, 1, 0}" },
  { "1,3,3,3", "padding = {0, -1, 1, 0, 0, 0}" },
  { NULL },
};

const TlLayerClass tl_layer_ZeroPad3d = {
  .name = "ZeroPad3d",
  .group = "padding",
  .doc = "Zeros around volumes.",
  .formula = "y = 0 outside of x",
  .source = "elementary",
  .in = ports,
  .attrs = tl_pad_attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.ZeroPad3d(padding if len(padding) > 1 else padding[0])",
};
