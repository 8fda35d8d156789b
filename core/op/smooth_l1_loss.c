/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "what it should be, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "beta", "where the two meet", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_loss_decompose (self, "select (abs (a - b) < c, 0.5 * (a - b) * (a - b) / select (c == 0, 1, c), abs (a - b) - 0.5 * c)", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "" },
  { "3,4; 3,4", "beta = 0.3, reduction = none" },
  { "2,3; 2,3", "beta = 0, reduction = sum" },
  { "; ", "" },
  { "0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_smooth_l1_loss = {
  .name = "smooth_l1_loss",
  .group = "loss",
  .doc = "Squared error near 0, absolute error beyond it.",
  .formula = "(x - target)^2 / (2 beta) where |x - target| < beta, else |x - target| - beta / 2",
  .source = "Girshick 2015, arXiv:1504.08083",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.smooth_l1_loss(x0, x1, beta=beta, reduction=reduction)",
};
