/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "logits `[..., classes]`" },
  { "target", "0 or 1, of the same shape" },
  { "weight", "factor of each class `[classes]`, instead of the attribute", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_LAYER_CLASS_WEIGHT,
  TL_LOSS_LAYER_REDUCTION,
  { NULL },
};

static const TlSample samples[] = {
  { "3,4; 3,4" },
  { "3,4; 3,4; 4", "reduction = none" },
  { "2,3; 2,3", "weight = {1, 2, 0.5}, reduction = sum" },
  { NULL },
};

const TlLayerClass tl_layer_MultiLabelSoftMarginLoss = {
  .name = "MultiLabelSoftMarginLoss",
  .group = "loss",
  .doc = "Mean cross entropy of logits of several events at once.",
  .formula = "loss = mean over classes of the cross entropy of each, put together",
  .source = "Good 1952, Rational decisions",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS,
  .op = "multilabel_soft_margin_loss",
  .forward = tl_loss_forward,
  .samples = samples,
  .torch = "F.multilabel_soft_margin_loss(x0, x1, torch.tensor(weight, dtype=torch.float64) if weight else (x[2] if len(x) > 2 else None), reduction=reduction)",
};
