/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "logits" },
  { "target", "0 or 1, or a probability, of the same shape" },
  { "weight", "factor of each element, broadcast, instead of the attribute", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "pos_weight", "factor of the target's share, broadcast, instead of the attribute", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "weight", "factors along the last axis; none: 1", TL_ATTR_NUMBERS },
  TL_LOSS_LAYER_REDUCTION,
  { "pos_weight", "factors of the target's share along the last axis; none: 1", TL_ATTR_NUMBERS },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4; 3,4", .low = 0.1, .high = 0.9 },
  { "3,4; 3,4; 3,1; 4", "reduction = sum", .low = 0.1, .high = 2 },
  { "3,4; 3,4", "weight = {1, 2, 0.5, 0}, pos_weight = 3, reduction = none", .low = 0.1, .high = 0.9 },
  { "2,3; 2,3; -; 3", .low = 0.1, .high = 0.9 },
  { NULL },
};

const TlLayerClass tl_layer_BCEWithLogitsLoss = {
  .name = "BCEWithLogitsLoss",
  .group = "loss",
  .doc = "Cross entropy of logits of one event each.",
  .formula = "loss = weight ((1 - target) x + (1 + (pos_weight - 1) target) ln (1 + e^-x)), put together",
  .source = "Good 1952, Rational decisions",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS,
  .op = "binary_cross_entropy_with_logits",
  .forward = tl_loss_forward,
  .samples = samples,
  .torch = "F.binary_cross_entropy_with_logits(x0, x1, torch.tensor(weight, dtype=torch.float64) if weight else (x[2] if len(x) > 2 else None), reduction=reduction, pos_weight=torch.tensor(pos_weight, dtype=torch.float64) if pos_weight else (x[3] if len(x) > 3 else None))",
};
