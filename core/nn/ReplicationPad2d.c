/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, or without n" }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_pad_forward (self, 2, "replicate", 0, error);
}

static const TlSample samples[] = {
  { "2,2,3,4", "padding = 1" },
  { "1,2,4,5", "padding = {2, 1, 0, 3}" },
  { NULL },
};

const TlLayerClass tl_layer_ReplicationPad2d = {
  .name = "ReplicationPad2d",
  .group = "padding",
  .doc = "Pictures continued by their outermost elements.",
  .formula = "y[-i] = x[0]",
  .source = "elementary",
  .in = ports,
  .attrs = tl_pad_attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.ReplicationPad2d(padding if len(padding) > 1 else padding[0])",
};
