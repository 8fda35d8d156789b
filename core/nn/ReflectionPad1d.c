/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

static const TlPort ports[] = { { "x", "sequences `[n, channels, length]`, or without n" }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_pad_forward (self, 1, "reflect", 0, error);
}

static const TlSample samples[] = {
  { "2,3,5", "padding = 2" },
  { "2,3,5", "padding = {1, 0}" },
  { NULL },
};

const TlLayerClass tl_layer_ReflectionPad1d = {
  .name = "ReflectionPad1d",
  .group = "padding",
  .doc = "Sequences continued by their mirror image, without the edge.",
  .formula = "y[-i] = x[i]",
  .source = "elementary",
  .in = ports,
  .attrs = tl_pad_attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.ReflectionPad1d(padding if len(padding) > 1 else padding[0])",
};
