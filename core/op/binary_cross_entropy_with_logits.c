/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

enum { X,
       TARGET,
       WEIGHT,
       POS_WEIGHT };

static const TlPort ports[] = {
  { "x", "logits, floating" },
  { "target", "0 or 1, or a probability, of the same shape and dtype" },
  { "weight", "factor of each element, broadcast", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "pos_weight", "factor of the target's share, broadcast", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_LOSS_REDUCTION, { NULL } };

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) rows = NULL;

  if (tl_has_in (self, POS_WEIGHT))
    rows = tl_map_text ("(1 - b) * a + (1 + (c - 1) * b) * (max (-a, 0) + log1p (exp (-abs (a))))", error, 3, self->in[X], self->in[TARGET],
                        self->in[POS_WEIGHT]);
  else
    rows = tl_map_text ("(1 - b) * a + (max (-a, 0) + log1p (exp (-abs (a))))", error, 2, self->in[X], self->in[TARGET]);
  if (tl_has_in (self, WEIGHT)) {
    g_autoptr (TlTensor) plain = g_steal_pointer (&rows);

    rows = tl_map_text ("a * b", error, 2, plain, self->in[WEIGHT]);
  }
  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[0].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 3,4", "", .low = -3, .high = 3 },
  { "3,4; 3,4; 3,4", "reduction = none" },
  { "2,3; 2,3; 3; 3", "reduction = sum" },
  { "; ", "" },
  { "0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_binary_cross_entropy_with_logits = {
  .name = "binary_cross_entropy_with_logits",
  .group = "loss",
  .doc = "Cross entropy of logits of one event each.",
  .formula = "weight ((1 - target) x + (1 + (pos_weight - 1) target) ln (1 + e^-x))",
  .source = "Good 1952, Rational decisions",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.binary_cross_entropy_with_logits(x0, x1, x[2] if len(x) > 2 else None, pos_weight=x[3] if len(x) > 3 else None, reduction=reduction)",
};
