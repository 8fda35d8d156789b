/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (2e-3),
  TL_OPTIM_BETAS (0.9, 0.999),
  TL_OPTIM_EPS (1e-8),
  TL_OPTIM_DECAY (0),
  { "momentum_decay", "how fast the momentum rises to its limit", TL_ATTR_FLOAT, .def = { .d = 4e-3 }, .has_range = TRUE, .max = 1 },
  TL_OPTIM_DECOUPLED,
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "exp_avg" }, { "exp_avg_sq" }, { NULL } };

static const char *const names[] = { "now", "ahead", "spread", "shrink", NULL };

const TlOptimizerClass tl_optimizer_NAdam = {
  .name = "NAdam",
  .doc = "Adam that looks ahead as Nesterov does.",
  .formula = "p = p - lr (mu m + (1 - mu) g) / (sqrt (v) + eps), with corrections for the start",
  .source = "Dozat 2016, Incorporating Nesterov momentum into Adam",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "p = select (decoupled_weight_decay, p * shrink, p);"
              "g = select (decoupled_weight_decay, g, select (weight_decay > 0, g + weight_decay * p, g));"
              "exp_avg = exp_avg + (1 - beta1) * (g - exp_avg);"
              "exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g;"
              "p = p - (now * g + ahead * exp_avg) / (sqrt (exp_avg_sq) * spread + eps)",
    .scalars = "mu = beta1 * (1 - 0.5 * pow (0.96, t * momentum_decay));"
               "next = beta1 * (1 - 0.5 * pow (0.96, (t + 1) * momentum_decay));"
               "mu_product = mu_product * mu;"
               "now = lr * (1 - mu) / (1 - mu_product); ahead = lr * next / (1 - mu_product * next);"
               "spread = 1 / sqrt (1 - pow (beta2, t)); shrink = 1 - lr * weight_decay",
    .names = names,
    .memory = "mu_product",
  },
};
