/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { MILESTONES,
       GAMMA,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "milestones", "epochs or steps after which the rate falls", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 0, .max = G_MAXINT32 },
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
  gint   passed = 0;

  for (gint i = 0; i < values[MILESTONES].n; i++)
    passed += t >= values[MILESTONES].v[i];
  return base_lr * pow (values[GAMMA].d, passed);
}

const TlScheduleClass tl_schedule_multistep = {
  .name = "multistep",
  .title = "MultiStepLR",
  .doc = "Falls by a factor at each milestone.",
  .formula = "lr = lr0 gamma^(milestones passed)",
  .source = "as torch.optim.lr_scheduler.MultiStepLR",
  .attrs = attrs,
  .get_lr = get_lr,
};
