/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "logarithms of probabilities `[n, classes, ...]`" },
  { "target", "class of each element `[n, ...]`, from 0: i64, i32 or u8", TL_PORT_NODIFF },
  { "weight", "factor of each class `[classes]`, instead of the attribute", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_LAYER_CLASS_WEIGHT,
  { "ignore_index", "a target that does not count", TL_ATTR_INT, .def = { .i = -100 } },
  TL_LOSS_LAYER_REDUCTION,
  { NULL },
};

static const TlSample samples[] = {
  { "4,5; i64:4<5" },
  { "2,3,4; i64:2,4<3; 3", "reduction = none", .low = 0.1, .high = 1 },
  { "4,3; i64:4<3", "weight = {1, 0.5, 2}, ignore_index = 1" },
  { "2,3,2,2; i64:2,2,2<3", "weight = {1, 0.5, 2}, reduction = sum" },
  { NULL },
};

const TlLayerClass tl_layer_NLLLoss = {
  .name = "NLLLoss",
  .group = "loss",
  .doc = "Negative log likelihood of classes: behind LogSoftmax, what CrossEntropyLoss is behind logits.",
  .formula = "loss = -weight[target] x[target], put together",
  .source = "Fisher 1922, doi:10.1098/rsta.1922.0009",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS | TL_LAYER_CLASSES,
  .op = "nll_loss",
  .forward = tl_loss_forward,
  .samples = samples,
  .torch = "F.nll_loss(x0, x1, torch.tensor(weight, dtype=torch.float64) if weight else (x[2] if len(x) > 2 else None), ignore_index=ignore_index, reduction=reduction)",
};
