/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "stddev", "standard deviation of the noise", TL_ATTR_FLOAT, TRUE, .has_range = TRUE, .max = G_MAXDOUBLE },
  { NULL },
};

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) noise = NULL;

  if (self->training && self->attrs[0].d > 0) {
    noise = tl_dropout_noise (self, error);
    self->out[0] = noise != NULL ? tl_map_numbers ("a + b * c", (TlTensor *[]){ self->in[0], noise }, 2, &self->attrs[0].d, 1, error) : NULL;
  } else {
    self->out[0] = tl_tensor_ref (self->in[0]);
  }
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4", "stddev = 0.5" }, { "2,3,4", "stddev = 0" }, { NULL } };

const TlLayerClass tl_layer_GaussianNoise = {
  .name = "GaussianNoise",
  .group = "regularisation",
  .doc = "In training, adds normal noise; else does nothing.",
  .formula = "y = x + stddev e, e standard normal",
  .source = "Bishop 1995, doi:10.1162/neco.1995.7.1.108",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.Module,), {'forward': lambda self, x: x + stddev * torch.randn_like(x) if self.training else x})()",
};
