/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Attributes that optimizers share: rows of a TlAttrSpec array, under PyTorch's names.
 *
 * Thread rule: any thread.
 */

#include "core/optim/optimizer.h"

// clang-format off
#define TL_OPTIM_LR(value) \
  { "lr", "learning rate", TL_ATTR_FLOAT, .def = { .d = (value) }, .has_range = TRUE, .max = G_MAXDOUBLE }
#define TL_OPTIM_BETAS(first, second) \
  { "betas", "shares of the old means of gradients and of their squares", TL_ATTR_FLOATS, \
    .def = { .n = 2, .f = { (first), (second) } }, .has_range = TRUE, .max = 0.9999999999, .n = 2 }
#define TL_OPTIM_EPS(value) \
  { "eps", "added to what is divided by", TL_ATTR_FLOAT, .def = { .d = (value) }, .has_range = TRUE, .max = 1 }
#define TL_OPTIM_DECAY(value) \
  { "weight_decay", "share of the parameter that is taken away", TL_ATTR_FLOAT, .def = { .d = (value) }, .has_range = TRUE, \
    .max = G_MAXDOUBLE }
#define TL_OPTIM_DECOUPLED \
  { "decoupled_weight_decay", "whether decay acts on the parameter and not on its gradient", TL_ATTR_BOOL }
#define TL_OPTIM_MAXIMIZE \
  { "maximize", "whether to go up instead of down", TL_ATTR_BOOL }
// clang-format on
