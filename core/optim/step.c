/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { STEP_SIZE,
       GAMMA,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "step_size", "after how many epochs or steps the rate falls", TL_ATTR_INT, TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "gamma", "what it is multiplied by", TL_ATTR_FLOAT, .def = { .d = 0.1 }, .has_range = TRUE, .max = 1000 },
  { "unit", "what is counted", TL_ATTR_ENUM, .names = tl_schedule_units },
  { NULL },
};

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  gint64 t = tl_schedule_get_time (position, values[UNIT].i);

  return base_lr * pow (values[GAMMA].d, (double)(t / values[STEP_SIZE].i));
}

const TlScheduleClass tl_schedule_step = {
  .name = "step",
  .title = "StepLR",
  .doc = "Falls by a factor after every so many epochs.",
  .formula = "lr = lr0 gamma^floor (t / step_size)",
  .source = "as torch.optim.lr_scheduler.StepLR",
  .attrs = attrs,
  .get_lr = get_lr,
};
