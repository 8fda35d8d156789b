/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "what it should be, of the same shape and dtype" },
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
  return tl_loss_decompose (self, "abs (a - b)", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "" },
  { "3,4; 3,4", "reduction = none" },
  { "2,3,2; 2,3,2", "reduction = sum" },
  { "; ", "" },
  { "0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_l1_loss = {
  .name = "l1_loss",
  .group = "loss",
  .doc = "Absolute error.",
  .formula = "|x - target|, put together",
  .source = "Laplace 1774, Memoire sur la probabilite des causes par les evenements",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.l1_loss(x0, x1, reduction=reduction)",
};
