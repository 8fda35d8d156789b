/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "1 or -1, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_loss_decompose (self, "max (-(a * b), 0) + log1p (exp (-abs (a * b)))", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "" },
  { "3,4; 3,4", "reduction = none" },
  { "2,3,2; 2,3,2", "reduction = sum" },
  { "; ", "" },
  { "0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_soft_margin_loss = {
  .name = "soft_margin_loss",
  .group = "loss",
  .doc = "Logistic loss of targets 1 and -1.",
  .formula = "ln (1 + e^(-target x))",
  .source = "Cox 1958, doi:10.1111/j.2517-6161.1958.tb00292.x",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "dict(none=lambda v: v, mean=torch.mean, sum=torch.sum)[reduction](torch.log1p(torch.exp(-x1 * x0)))",
};
