/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Optimizers that look at a tensor as a whole, one after the other: a row states how one is updated.
 *
 * Ownership and thread rule: as the optimizer's.
 */

#include "core/optim/optimizer.h"
#include "core/optim/rule.h"

G_BEGIN_DECLS

/**
 * TlTensorStep:
 * @step: the step
 * @path: of the parameter
 * @lr: learning rate, f64 without axes
 * @t: number of the step, f64 without axes
 * @g: the gradient, clipped, negated for maximize
 * @now: (array): the parameter and its slots
 * @next: (array): their new values, to be set (transfer full)
 *
 * One parameter.
 */
typedef struct {
  TlOptimizerStep *step;
  const char      *path;
  TlTensor        *lr;
  TlTensor        *t;
  TlTensor        *g;
  TlTensor        *now[1 + TL_OPTIMIZER_MAX_SLOTS];
  TlTensor        *next[1 + TL_OPTIMIZER_MAX_SLOTS];
} TlTensorStep;

gboolean tl_tensorwise_step (TlOptimizerStep *step,
                             gboolean (*update) (TlTensorStep *self,
                                                 GError      **error),
                             GError **error);

TlTensor *tl_sum_all (TlTensor *x,
                      GError  **error);

G_END_DECLS
