/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the losses share that are one expression over a prediction, a target and what comes with them.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

/* The first attribute of every such loss. */
#define TL_LOSS_REDUCTION                                                                                                                  \
  {                                                                                                                                        \
    "reduction", "how the elements' losses are put together", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = tl_reduction_names \
  }

/* All inputs that are given are floating and of one dtype; the first two have one shape, the others are broadcast to it. */
gboolean tl_loss_infer (TlInfer *self,
                        GError **error);

/*
 * @text is an expression over the inputs that are given, named a, b, c, ... and the numbers among the attributes behind the
 * reduction, named by the letters that follow.
 */
gboolean tl_loss_decompose (TlGradient *self,
                            const char *text,
                            GError    **error);

G_END_DECLS
