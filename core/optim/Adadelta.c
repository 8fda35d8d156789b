/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1),
  { "rho", "share of the old means of squares", TL_ATTR_FLOAT, .def = { .d = 0.9 }, .has_range = TRUE, .max = 1 },
  TL_OPTIM_EPS (1e-6),
  TL_OPTIM_DECAY (0),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "square_avg" }, { "acc_delta" }, { NULL } };

const TlOptimizerClass tl_optimizer_Adadelta = {
  .name = "Adadelta",
  .doc = "Steps in the unit of the parameter, from running means of gradients and steps.",
  .formula = "d = g sqrt (u + eps) / sqrt (v + eps), p = p - lr d",
  .source = "Zeiler 2012, arXiv:1212.5701",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "g = select (weight_decay > 0, g + weight_decay * p, g);"
              "square_avg = rho * square_avg + (1 - rho) * g * g;"
              "delta = sqrt (acc_delta + eps) / sqrt (square_avg + eps) * g;"
              "acc_delta = rho * acc_delta + (1 - rho) * delta * delta;"
              "p = p - lr * delta",
  },
};
