/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { GAMMA,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "gamma", "what the rate is multiplied by after each epoch or step", TL_ATTR_FLOAT, TRUE, .def = { .d = 1 }, .has_range = TRUE, .max = 1000 },
  { "unit", "what is counted", TL_ATTR_ENUM, .names = tl_schedule_units },
  { NULL },
};

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  return base_lr * pow (values[GAMMA].d, (double)tl_schedule_get_time (position, values[UNIT].i));
}

const TlScheduleClass tl_schedule_exponential = {
  .name = "exponential",
  .title = "ExponentialLR",
  .doc = "Falls by the same factor all the time.",
  .formula = "lr = lr0 gamma^t",
  .source = "as torch.optim.lr_scheduler.ExponentialLR",
  .attrs = attrs,
  .get_lr = get_lr,
};
