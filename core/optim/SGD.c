/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/op/ops.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/scalars.h"

enum { LR,
       MOMENTUM,
       DAMPENING,
       WEIGHT_DECAY,
       NESTEROV,
       MAXIMIZE };

static const TlAttrSpec attrs[] = {
  { "lr", "learning rate", TL_ATTR_FLOAT, .def = { .d = 1e-3 }, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "momentum", "share of the last step that is kept", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { "dampening", "share of the gradient that is left out of the momentum", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { "weight_decay", "share of the parameter that is added to its gradient", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "nesterov", "whether to look ahead; wants momentum and no dampening", TL_ATTR_BOOL },
  { "maximize", "whether to go up instead of down", TL_ATTR_BOOL },
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "momentum_buffer", "momentum" }, { NULL } };

static gboolean
check (const TlAttrValue *values,
       GError           **error)
{
  if (!values[NESTEROV].i || (values[MOMENTUM].d > 0 && values[DAMPENING].d == 0))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "SGD: nesterov wants momentum > 0 and dampening = 0, not %g and %g",
               values[MOMENTUM].d, values[DAMPENING].d);
  return FALSE;
}

static gboolean
step (TlOptimizerStep *self,
      GError         **error)
{
  const TlAttrValue   *a = self->attrs;
  const TlAttrValue    values[] = { TL_INT (self->n), a[MOMENTUM], a[DAMPENING], a[WEIGHT_DECAY], a[NESTEROV], a[MAXIMIZE] };
  g_autoptr (TlTensor) scalars = tl_sgd_scalars (self, error);

  return scalars != NULL && tl_optimizer_apply (self, &tl_op_sgd_update, values, scalars, error);
}

const TlOptimizerClass tl_optimizer_SGD = {
  .name = "SGD",
  .doc = "Stochastic gradient descent, with momentum if it is wanted.",
  .formula = "m = momentum m + (1 - dampening) g, p = p - lr m",
  .source = "Robbins & Monro 1951, doi:10.1214/aoms/1177729586; Sutskever et al. 2013, On the importance of initialization and momentum in deep learning",
  .attrs = attrs,
  .slots = slots,
  .check = check,
  .step = step,
};
