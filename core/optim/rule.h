/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Optimizers that are text: a row's TlOptimizerRule with the values of its attributes, read once and kept.
 *
 *     rule_scalars   lr, step, sum_of_squares?, memory?   -> f64 [n_scalars], and the memory's next value
 *     rule_update    parameters | slots | gradients | scalars, in place
 *
 * The first scalar is what the gradients are multiplied by.
 *
 * Ownership: rules live as long as the process.  Thread rule: any thread.
 */

#include "core/graph/expr.h"
#include "core/optim/optimizer.h"

G_BEGIN_DECLS

/**
 * TlRule:
 * @name: what tells it from others; interned
 * @scalars: (lr, t, memory) -> scalars but the first, memory
 * @update: (p, g, slots, scalars) -> (p, slots)
 * @n_slots: number of slots
 * @n_scalars: number of scalars
 * @has_memory: whether a number is kept between steps
 */
typedef struct {
  const char *name;
  TlExpr     *scalars;
  TlExpr     *update;
  guint       n_slots;
  guint       n_scalars;
  gboolean    has_memory;
} TlRule;

const TlRule *tl_rule_get (const TlOptimizerClass *klass,
                           const TlAttrValue      *attrs,
                           GError                **error);

guint    tl_optimizer_class_get_slots (const TlOptimizerClass *klass,
                                       const TlAttrValue      *attrs,
                                       const char            **names);
gboolean tl_rule_step (TlOptimizerStep *step,
                       GError         **error);

TlTensor *tl_step_eval (const TlOptimizerStep *step,
                        const char            *text,
                        const char            *inputs,
                        TlTensor *const       *in,
                        GError               **error);
#define tl_step_eval(step, text, inputs, error, ...) tl_step_eval (step, text, inputs, (TlTensor *const[]){ __VA_ARGS__ }, error)

G_END_DECLS
