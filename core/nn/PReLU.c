/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

enum { NUM_PARAMETERS,
       INIT };

static const TlAttrSpec attrs[] = {
  { "num_parameters", "number of slopes: 1, or one for each channel", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "init", "slope in the beginning", TL_ATTR_FLOAT, .def = { .d = 0.25 } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim n = self->attrs[NUM_PARAMETERS].i;

  tl_layer_declare (self, 0, "weight", TL_VARIABLE_PARAMETER, 1, &n, (TlInit){ &tl_initializer_constant, self->attrs[INIT].d });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, 0);

  self->out[0] = tl_prelu (self->in[0], weight, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4", "num_parameters = 3, init = 0.1", .kinks = "0" }, { NULL } };

const TlLayerClass tl_layer_PReLU = {
  .name = "PReLU",
  .group = "activation",
  .doc = "Rectified linear unit with a learned slope for negative x.",
  .formula = "y = x where x > 0, else weight x",
  .source = "He et al. 2015, arXiv:1502.01852",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.PReLU(num_parameters, init)",
};
