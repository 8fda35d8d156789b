/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

static const char *const reductions[] = { "none", "mean", "sum", NULL };

static const TlAttrSpec attrs[] = {
  { "reduction", "how the elements' losses are put together", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = reductions },
  { NULL },
};

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3; 2,3", "reduction = sum" }, { "2,3; 2,3", "reduction = none" }, { NULL } };

const TlLayerClass tl_layer_MSELoss = {
  .name = "MSELoss",
  .group = "loss",
  .doc = "Mean squared error.",
  .formula = "loss = mean (x - target)^2",
  .source = "Gauss 1809, Theoria motus",
  .in = tl_layer_ports_loss,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS,
  .op = "mse_loss",
  .samples = samples,
  .torch = "torch.nn.MSELoss(reduction=reduction)",
};
