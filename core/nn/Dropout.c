/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

static const TlAttrSpec attrs[] = {
  { "p", "share of elements that become zero", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .max = 1 },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  tl_layer_declare (self, 0, "calls", TL_VARIABLE_COUNTER, 0, NULL, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  if (!self->training || self->attrs[0].d == 0)
    self->out[0] = tl_tensor_ref (self->in[0]);
  else
    self->out[0] = tl_dropout (self->in[0], self->attrs[0].d, self->variables[0], error);
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
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Dropout(p)",
};
