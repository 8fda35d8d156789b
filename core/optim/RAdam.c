/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-3),
  TL_OPTIM_BETAS (0.9, 0.999),
  TL_OPTIM_EPS (1e-8),
  TL_OPTIM_DECAY (0),
  TL_OPTIM_DECOUPLED,
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "exp_avg" }, { "exp_avg_sq" }, { NULL } };

static const char *const names[] = { "rate", "trusted", "shrink", NULL };

const TlOptimizerClass tl_optimizer_RAdam = {
  .name = "RAdam",
  .doc = "Adam that waits until the mean square can be trusted.",
  .formula = "p = p - lr r m / (sqrt (v) + eps), and p = p - lr m in the first steps",
  .source = "Liu et al. 2020, arXiv:1908.03265",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "p = select (decoupled_weight_decay, p * shrink, p);"
              "g = select (decoupled_weight_decay, g, select (weight_decay > 0, g + weight_decay * p, g));"
              "exp_avg = exp_avg + (1 - beta1) * (g - exp_avg);"
              "exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g;"
              "p = p - select (trusted, rate * exp_avg / (sqrt (exp_avg_sq) + eps), rate * exp_avg)",
    .scalars = "most = 2 / (1 - beta2) - 1; left = pow (beta2, t);"
               "length = most - 2 * t * left / (1 - left); trusted = length > 5;"
               "share = sqrt ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) * sqrt (1 - left);"
               "rate = lr / (1 - pow (beta1, t)) * select (trusted, share, 1); shrink = 1 - lr * weight_decay",
    .names = names,
  },
};
