/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/common.h"

enum { LOWER,
       UPPER };

static const TlAttrSpec attrs[] = {
  { "lower", "smallest slope", TL_ATTR_FLOAT, .def = { .d = 1.0 / 8 } },
  { "upper", "largest slope", TL_ATTR_FLOAT, .def = { .d = 1.0 / 3 } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  if (!(self->attrs[LOWER].d <= self->attrs[UPPER].d))
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "lower is %g and upper %g", self->attrs[LOWER].d, self->attrs[UPPER].d);
  tl_layer_declare (self, 0, "calls", TL_VARIABLE_COUNTER, 0, NULL, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  double               lower = self->attrs[LOWER].d, upper = self->attrs[UPPER].d;
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  g_autoptr (TlTensor) slope = NULL;

  if (!self->training) {
    self->out[0] = tl_leaky_relu (self->in[0], (lower + upper) / 2, error);
    return self->out[0] != NULL;
  }
  slope = tl_rand (x->rank, x->shape, lower, upper, x->dtype, tl_layer_own (self, 0), error);
  self->out[0] = slope != NULL ? tl_map_text ("select (a >= 0, a, a * b)", error, 2, self->in[0], slope) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4", "lower = 0.1, upper = 0.5", .kinks = "0" }, { NULL } };

const TlLayerClass tl_layer_RReLU = {
  .name = "RReLU",
  .group = "activation",
  .doc = "Rectified linear unit with a slope for negative x that is random in training, and else the mean.",
  .formula = "y = x where x >= 0, else slope x",
  .source = "Xu et al. 2015, arXiv:1505.00853",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.RReLU(lower, upper)",
};
