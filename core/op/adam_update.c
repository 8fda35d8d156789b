/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/update-common.h"

enum { N_PARAMS,
       BETA1,
       BETA2,
       EPS,
       WEIGHT_DECAY,
       DECOUPLED,
       AMSGRAD,
       MAXIMIZE };

static const TlAttrSpec attrs[] = {
  TL_UPDATE_N_PARAMS,
  { "beta1", "share of the old mean of gradients", TL_ATTR_FLOAT, .def = { .d = 0.9 }, .has_range = TRUE, .min = 0, .max = 1 },
  { "beta2", "share of the old mean of squares", TL_ATTR_FLOAT, .def = { .d = 0.999 }, .has_range = TRUE, .min = 0, .max = 1 },
  { "eps", "added to the root of the mean square", TL_ATTR_FLOAT, .def = { .d = 1e-8 }, .has_range = TRUE, .min = 0, .max = 1 },
  { "weight_decay", "share of the parameter that is taken away", TL_ATTR_FLOAT, .has_range = TRUE, .min = 0, .max = G_MAXDOUBLE },
  { "decoupled", "whether decay acts on the parameter and not on its gradient", TL_ATTR_BOOL },
  { "amsgrad", "whether the largest mean square counts", TL_ATTR_BOOL },
  { "maximize", "whether to go up instead of down", TL_ATTR_BOOL },
  { NULL },
};

static guint
get_n_states (const TlAttrValue *values)
{
  return values[AMSGRAD].i != 0 ? 3 : 2;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_update_infer (self, get_n_states (self->attrs), sizeof (TlAdamScalars) / sizeof (double), error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlAdamArgs *args = tl_prepare_args (self, TlAdamArgs);

  tl_update_prepare (self, &args->tensors, get_n_states (self->attrs));
  args->beta1 = self->attrs[BETA1].d;
  args->beta2 = self->attrs[BETA2].d;
  args->eps = self->attrs[EPS].d;
  args->weight_decay = self->attrs[WEIGHT_DECAY].d;
  args->decoupled = self->attrs[DECOUPLED].i != 0;
  args->amsgrad = self->attrs[AMSGRAD].i != 0;
  args->maximize = self->attrs[MAXIMIZE].i != 0;
  self->kernel = &tl_kernels_get ()->adam_update;
  return TRUE;
}

const TlOpClass tl_op_adam_update = {
  .name = "adam_update",
  .group = "optimizer",
  .doc = "A step of Adam or AdamW over many parameters.",
  .formula = "p = p - lr m / (sqrt (v) + eps), with m and v corrected for their start",
  .source = "Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019, arXiv:1711.05101; Reddi, Kale & Kumar 2018, arXiv:1904.09237",
  .in = tl_update_ports,
  .out = tl_update_out_ports,
  .attrs = attrs,
  .flags = TL_OP_UPDATE | TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
};
