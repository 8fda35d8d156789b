/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Internal operations that make the scalars of an update from the learning rate, the number of the step and the norm of the gradients,
 * so that they are part of a planned step.
 *
 *     sum_of_squares   tensors...                        -> f64, over all of them
 *     sgd_scalars      lr, step, sum_of_squares?         -> TlSgdScalars as f64 [3]
 *     adam_scalars     lr, step, sum_of_squares?         -> TlAdamScalars as f64 [4]
 *
 * Thread rule: one thread at a time.
 */

#include "core/optim/optimizer.h"

G_BEGIN_DECLS

extern const TlOpClass tl_op_sum_of_squares;
extern const TlOpClass tl_op_sgd_scalars;
extern const TlOpClass tl_op_adam_scalars;

TlTensor *tl_sgd_scalars (const TlOptimizerStep *step,
                          GError               **error);
TlTensor *tl_adam_scalars (const TlOptimizerStep *step,
                           double                 beta1,
                           double                 beta2,
                           GError               **error);

double tl_clip_share (double        max_norm,
                      const double *sum_of_squares);

/* Applies an update to the parameters and slots of a step. */
gboolean tl_optimizer_apply (const TlOptimizerStep *step,
                             const TlOpClass       *update,
                             const TlAttrValue     *values,
                             TlTensor              *scalars,
                             GError               **error);

G_END_DECLS
