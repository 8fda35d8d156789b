/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/nn/dropout-common.h"
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "p", "as the probability of a Dropout whose noise has the same variance", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .max = 0.999999 },
  { NULL },
};

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  double               deviation = sqrt (self->attrs[0].d / (1 - self->attrs[0].d));
  g_autoptr (TlTensor) noise = NULL;

  if (self->training && deviation > 0) {
    noise = tl_dropout_noise (self, error);
    self->out[0] = noise != NULL ? tl_map_numbers ("a * (1 + b * c)", (TlTensor *[]){ self->in[0], noise }, 2, &deviation, 1, error) : NULL;
  } else {
    self->out[0] = tl_tensor_ref (self->in[0]);
  }
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "p = 0.2" }, { "3,4", "p = 0" }, { NULL } };

const TlLayerClass tl_layer_GaussianDropout = {
  .name = "GaussianDropout",
  .group = "regularisation",
  .doc = "In training, multiplies by normal numbers around 1; else does nothing.",
  .formula = "y = x (1 + sqrt (p / (1 - p)) e), e standard normal",
  .source = "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.Module,), {'forward': lambda self, x: x * (1 + (p / (1 - p)) ** 0.5 * torch.randn_like(x)) if self.training else x})()",
};
