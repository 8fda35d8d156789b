/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-2),
  { "lr_decay", "how fast the learning rate falls with the steps", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  TL_OPTIM_DECAY (0),
  { "initial_accumulator_value", "where the sums of squares start", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  TL_OPTIM_EPS (1e-10),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "sum" }, { NULL } };

static const char *const names[] = { "rate", "first", NULL };

const TlOptimizerClass tl_optimizer_Adagrad = {
  .name = "Adagrad",
  .doc = "Steps get smaller where gradients were large.",
  .formula = "s = s + g^2, p = p - lr g / (sqrt (s) + eps)",
  .source = "Duchi, Hazan & Singer 2011, JMLR 12",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "g = select (weight_decay > 0, g + weight_decay * p, g);"
              "sum = select (first, initial_accumulator_value, sum) + g * g;"
              "p = p - rate * g / (sqrt (sum) + eps)",
    .scalars = "rate = lr / (1 + (t - 1) * lr_decay); first = t == 1",
    .names = names,
  },
};
