/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Adam and AdamW share.
 *
 * Thread rule: any thread.
 */

#include "core/optim/optimizer.h"

G_BEGIN_DECLS

/* KEEP IN STEP: adam-common.c reads the attributes by number. */
// clang-format off
#define TL_ADAM_ATTRS(decay)                                                                                                 \
  { "lr", "learning rate", TL_ATTR_FLOAT, .def = { .d = 1e-3 }, .has_range = TRUE, .max = G_MAXDOUBLE },                     \
  { "betas", "shares of the old means of gradients and of their squares", TL_ATTR_FLOATS,                                    \
    .def = { .n = 2, .f = { 0.9, 0.999 } }, .has_range = TRUE, .max = 0.9999999999, .n = 2 },                                \
  { "eps", "added to the root of the mean square", TL_ATTR_FLOAT, .def = { .d = 1e-8 }, .has_range = TRUE, .max = 1 },       \
  { "weight_decay", "share of the parameter that is taken away", TL_ATTR_FLOAT, .def = { .d = decay }, .has_range = TRUE,    \
    .max = G_MAXDOUBLE },                                                                                                    \
  { "amsgrad", "whether the largest mean square counts", TL_ATTR_BOOL },                                                     \
  { "maximize", "whether to go up instead of down", TL_ATTR_BOOL }
// clang-format on

guint    tl_adam_get_slots (const TlAttrValue *values,
                            const char       **names);
gboolean tl_adam_step (const TlOptimizerStep *self,
                       gboolean               decoupled,
                       GError               **error);

G_END_DECLS
