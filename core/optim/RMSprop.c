/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-2),
  { "alpha", "share of the old mean of squares", TL_ATTR_FLOAT, .def = { .d = 0.99 }, .has_range = TRUE, .max = 1 },
  TL_OPTIM_EPS (1e-8),
  TL_OPTIM_DECAY (0),
  { "momentum", "share of the last step that is kept", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { "centered", "whether the mean of the gradients is taken off", TL_ATTR_BOOL },
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "square_avg" }, { "momentum_buffer", "momentum" }, { "grad_avg", "centered" }, { NULL } };

const TlOptimizerClass tl_optimizer_RMSprop = {
  .name = "RMSprop",
  .doc = "Divides each step by a running mean of the size of the gradients.",
  .formula = "v = alpha v + (1 - alpha) g^2, p = p - lr g / (sqrt (v) + eps)",
  .source = "Hinton 2012, Neural Networks for Machine Learning, lecture 6e; centered: Graves 2013, arXiv:1308.0850",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "g = select (weight_decay > 0, g + weight_decay * p, g);"
              "square_avg = alpha * square_avg + (1 - alpha) * g * g;"
              "grad_avg = grad_avg + (1 - alpha) * (g - grad_avg);"
              "size = sqrt (select (centered, square_avg - grad_avg * grad_avg, square_avg)) + eps;"
              "momentum_buffer = momentum * momentum_buffer + g / size;"
              "p = p - lr * select (momentum > 0, momentum_buffer, g / size)",
  },
};
