/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (2e-3),
  TL_OPTIM_BETAS (0.9, 0.999),
  TL_OPTIM_EPS (1e-8),
  TL_OPTIM_DECAY (0),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "exp_avg" }, { "exp_inf" }, { NULL } };

static const char *const names[] = { "rate", NULL };

const TlOptimizerClass tl_optimizer_Adamax = {
  .name = "Adamax",
  .doc = "Adam with the largest gradient in place of the mean square.",
  .formula = "u = max (beta2 u, |g| + eps), p = p - lr m / ((1 - beta1^t) u)",
  .source = "Kingma & Ba 2015, arXiv:1412.6980",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "g = select (weight_decay > 0, g + weight_decay * p, g);"
              "exp_avg = exp_avg + (1 - beta1) * (g - exp_avg);"
              "exp_inf = max (beta2 * exp_inf, abs (g) + eps);"
              "p = p - rate * exp_avg / exp_inf",
    .scalars = "rate = lr / (1 - pow (beta1, t))",
    .names = names,
  },
};
