/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-4),
  TL_OPTIM_BETAS (0.9, 0.99),
  TL_OPTIM_DECAY (0),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "exp_avg" }, { NULL } };

const TlOptimizerClass tl_optimizer_Lion = {
  .name = "Lion",
  .doc = "Steps of one size in the direction of the sign of a running mean.",
  .formula = "p = p - lr sign (beta1 m + (1 - beta1) g) - lr weight_decay p",
  .source = "Chen et al. 2023, arXiv:2302.06675",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "p = p * (1 - lr * weight_decay) - lr * sign (beta1 * exp_avg + (1 - beta1) * g);"
              "exp_avg = beta2 * exp_avg + (1 - beta2) * g",
  },
};
