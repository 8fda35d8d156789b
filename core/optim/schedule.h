/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Schedules: THE TABLE schedules.def.  A schedule is a pure function of where the training is and, for rows that observe, of what a
 * TlScheduleState has seen.  A checkpoint holds both, and a resumed run goes on with the same rates.
 *
 * Ownership: rows are constant.  Thread rule: any thread.
 */

#include "core/graph/attr.h"

G_BEGIN_DECLS

/**
 * TlScheduleState:
 * @has_best: whether @best is known
 * @best: best value of the metric so far
 * @n_bad: epochs since then
 * @n_cooldown: epochs that do not count yet
 * @n_falls: how often the rate fell
 *
 * What a schedule keeps that looks at a metric; all zero at first.
 */
typedef struct {
  gboolean has_best;
  double   best;
  gint64   n_bad;
  gint64   n_cooldown;
  gint64   n_falls;
} TlScheduleState;

/**
 * TlSchedulePosition:
 * @step: steps done so far
 * @n_steps: steps of the whole training, 0 if unknown
 * @steps_per_epoch: steps of one epoch, at least 1
 * @state: (nullable): what was observed
 */
typedef struct {
  gint64 step;
  gint64 n_steps;
  gint64 steps_per_epoch;

  const TlScheduleState *state;
} TlSchedulePosition;

typedef struct _TlScheduleClass TlScheduleClass;
struct _TlScheduleClass {
  const char       *name;
  const char       *title; /* name of the node that does it: "StepLR" */
  const char       *doc;
  const char       *formula;
  const char       *source;
  const TlAttrSpec *attrs;
  const char       *end; /* (nullable): name of the attribute whose 0 stands for the length of the whole training */

  double (*get_lr) (const TlAttrValue        *attrs,
                    double                    base_lr,
                    const TlSchedulePosition *position);
  void (*observe) (const TlAttrValue *attrs, /* optional: at the end of each epoch */
                   TlScheduleState   *state,
                   double             value,
                   gboolean           higher_is_better);
};

const TlScheduleClass *tl_schedule_find (const char *name);
guint                  tl_schedule_get_n_rows (void);
const TlScheduleClass *tl_schedule_get_row (guint row);

double tl_schedule_get_lr (const TlScheduleClass    *klass,
                           const TlAttrValue        *attrs,
                           double                    base_lr,
                           const TlSchedulePosition *position);

G_END_DECLS
