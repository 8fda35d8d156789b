/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "what it should be, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "delta", "where the two meet", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_loss_decompose (self, "select (abs (a - b) <= c, 0.5 * (a - b) * (a - b), c * (abs (a - b) - 0.5 * c))", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "" },
  { "3,4; 3,4", "delta = 0.3, reduction = none" },
  { "; ", "" },
  { "0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_huber_loss = {
  .name = "huber_loss",
  .group = "loss",
  .doc = "Squared error near 0, absolute error beyond it.",
  .formula = "(x - target)^2 / 2 where |x - target| <= delta, else delta (|x - target| - delta / 2)",
  .source = "Huber 1964, doi:10.1214/aoms/1177703732",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.huber_loss(x0, x1, delta=delta, reduction=reduction)",
};
