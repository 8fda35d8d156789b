/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"
#include "core/tensor/tensor.h"

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  self->out[0] = tl_tensor_ref (self->in[0]);
  return TRUE;
}

static const TlSample samples[] = { { "3,4" }, { NULL } };

const TlLayerClass tl_layer_Identity = {
  .name = "Identity",
  .group = "structure",
  .doc = "Its input, unchanged.",
  .formula = "y = x",
  .source = "elementary",
  .in = tl_layer_ports_x,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Identity()",
};
