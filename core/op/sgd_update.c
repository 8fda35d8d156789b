/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/update-common.h"

enum { N_PARAMS,
       MOMENTUM,
       DAMPENING,
       WEIGHT_DECAY,
       NESTEROV,
       MAXIMIZE };

static const TlAttrSpec attrs[] = {
  TL_UPDATE_N_PARAMS,
  { "momentum", "share of the last step that is kept", TL_ATTR_FLOAT, .has_range = TRUE, .min = 0, .max = 1 },
  { "dampening", "share of the gradient that is left out of the momentum", TL_ATTR_FLOAT, .has_range = TRUE, .min = 0, .max = 1 },
  { "weight_decay", "share of the parameter that is added to its gradient", TL_ATTR_FLOAT, .has_range = TRUE, .min = 0, .max = G_MAXDOUBLE },
  { "nesterov", "whether to look ahead", TL_ATTR_BOOL },
  { "maximize", "whether to go up instead of down", TL_ATTR_BOOL },
  { NULL },
};

static guint
get_n_states (const TlAttrValue *values)
{
  return values[MOMENTUM].d != 0;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_update_infer (self, get_n_states (self->attrs), sizeof (TlSgdScalars) / sizeof (double), error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlSgdArgs *args = tl_prepare_args (self, TlSgdArgs);

  tl_update_prepare (self, &args->tensors, get_n_states (self->attrs));
  args->momentum = self->attrs[MOMENTUM].d;
  args->dampening = self->attrs[DAMPENING].d;
  args->weight_decay = self->attrs[WEIGHT_DECAY].d;
  args->nesterov = self->attrs[NESTEROV].i != 0;
  args->maximize = self->attrs[MAXIMIZE].i != 0;
  self->kernel = &tl_kernels_get ()->sgd_update;
  return TRUE;
}

const TlOpClass tl_op_sgd_update = {
  .name = "sgd_update",
  .group = "optimizer",
  .doc = "A step of stochastic gradient descent over many parameters.",
  .formula = "m = momentum m + (1 - dampening) g, p = p - lr m",
  .source = "Sutskever et al. 2013, On the importance of initialization and momentum in deep learning",
  .in = tl_update_ports,
  .out = tl_update_out_ports,
  .attrs = attrs,
  .flags = TL_OP_UPDATE | TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
};
