/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-2),
  { "etas", "factors of the step where the sign turns and where it stays", TL_ATTR_FLOATS, .def = { .n = 2, .f = { 0.5, 1.2 } }, .has_range = TRUE, .max = G_MAXDOUBLE, .n = 2 },
  { "step_sizes", "smallest and largest step", TL_ATTR_FLOATS, .def = { .n = 2, .f = { 1e-6, 50 } }, .has_range = TRUE, .max = G_MAXDOUBLE, .n = 2 },
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "prev" }, { "step_size" }, { NULL } };

static const char *const names[] = { "lr", "first", NULL };

const TlOptimizerClass tl_optimizer_Rprop = {
  .name = "Rprop",
  .doc = "Steps from the signs of the gradients alone; for whole data sets, not for batches.",
  .formula = "s = s eta2 where the sign stays, s eta1 where it turns; p = p - s sign (g)",
  .source = "Riedmiller & Braun 1993, doi:10.1109/ICNN.1993.298623",
  .attrs = attrs,
  .slots = slots,
  .rule = {
    .update = "turn = g * prev;"
              "step_size = select (first, lr, step_size) * select (turn > 0, eta2, select (turn < 0, eta1, 1));"
              "step_size = min (max (step_size, step_size1), step_size2);"
              "g = select (turn < 0, 0, g);"
              "p = p - sign (g) * step_size;"
              "prev = g",
    .scalars = "lr = lr; first = t == 1",
    .names = names,
  },
};
