/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"
#include "core/op/ops.h"

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  if (!self->training || self->attrs[0].d == 0)
    self->out[0] = tl_tensor_ref (self->in[0]);
  else
    self->out[0] = tl_dropout (self->in[0], self->attrs[0].d, tl_layer_own (self, 0), error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "p = 0.2" }, { "3,4", "p = 0" }, { NULL } };

const TlLayerClass tl_layer_Dropout = {
  .name = "Dropout",
  .group = "regularisation",
  .doc = "In training, sets random elements to zero and enlarges the others; else does nothing.",
  .formula = "y = x / (1 - p) with probability 1 - p, else 0",
  .source = "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
  .in = tl_layer_ports_x,
  .attrs = tl_dropout_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Dropout(p)",
};
