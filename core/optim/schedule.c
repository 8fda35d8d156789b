/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/schedule-private.h"

#include <string.h>

const char *const tl_schedule_units[] = { "epoch", "step", NULL };

static const TlScheduleClass *const rows[] = {
#define TL_SCHEDULE(name) &tl_schedule_##name,
#include "core/optim/schedules.def"
#undef TL_SCHEDULE
};

/**
 * tl_schedule_find:
 * @name: a row's name, such as "cosine"
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlScheduleClass *
tl_schedule_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0)
      return rows[i];
  return NULL;
}

/**
 * tl_schedule_get_n_rows:
 *
 * Returns: the number of schedules
 */
guint
tl_schedule_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_schedule_get_row:
 * @row: a number below tl_schedule_get_n_rows()
 *
 * Returns: (transfer none): the schedule
 */
const TlScheduleClass *
tl_schedule_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);
  return rows[row];
}

/**
 * tl_schedule_get_lr:
 * @klass: a schedule
 * @attrs: values of its attributes
 * @base_lr: the optimizer's learning rate
 * @position: where the training is
 *
 * Returns: the learning rate of the next step, at least 0
 */
double
tl_schedule_get_lr (const TlScheduleClass    *klass,
                    const TlAttrValue        *attrs,
                    double                    base_lr,
                    const TlSchedulePosition *position)
{
  double lr;

  g_return_val_if_fail (position->steps_per_epoch >= 1, base_lr);
  lr = klass->get_lr (attrs, base_lr, position);
  return MAX (lr, 0);
}

gint64
tl_schedule_get_time (const TlSchedulePosition *position,
                      gint64                    unit)
{
  return unit == TL_UNIT_STEP ? position->step : position->step / position->steps_per_epoch;
}

gint64
tl_schedule_get_end (const TlSchedulePosition *position,
                     gint64                    unit)
{
  return unit == TL_UNIT_STEP ? position->n_steps
                              : (position->n_steps + position->steps_per_epoch - 1) / position->steps_per_epoch;
}
