/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "probability, floating" },
  { "target", "0 or 1, or a probability, of the same shape and dtype" },
  { "weight", "factor of each element, broadcast", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
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
  if (tl_has_in (self, 2))
    return tl_loss_decompose (self, "c * -(b * max (log (a), -100) + (1 - b) * max (log1p (-a), -100))", error);
  return tl_loss_decompose (self, "-(b * max (log (a), -100) + (1 - b) * max (log1p (-a), -100))", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "", .low = 0.1, .high = 0.9 },
  { "3,4; 3,4; 3,4", "reduction = none", .low = 0.1, .high = 0.9 },
  { "2,3,2; 2,3,2; 2", "reduction = sum", .low = 0.1, .high = 0.9 },
  { "; ", "", .low = 0.1, .high = 0.9 },
  { "0; 0", "reduction = sum", .low = 0.1, .high = 0.9 },
  { NULL },
};

const TlOpClass tl_op_binary_cross_entropy = {
  .name = "binary_cross_entropy",
  .group = "loss",
  .doc = "Cross entropy of probabilities of one event each.",
  .formula = "-weight (target ln x + (1 - target) ln (1 - x)), logarithms at least -100",
  .source = "Good 1952, Rational decisions",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.binary_cross_entropy(x0, x1, x[2] if len(x) > 2 else None, reduction=reduction)",
};
