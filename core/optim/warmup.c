/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/schedule-private.h"

enum { TOTAL_ITERS,
       START_FACTOR,
       END_FACTOR,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "total_iters", "epochs or steps until the rate is reached", TL_ATTR_INT, TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "start_factor", "share of the rate at the beginning", TL_ATTR_FLOAT, .def = { .d = 0.1 }, .has_range = TRUE, .max = 1 },
  { "end_factor", "share of the rate from then on", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .max = 1 },
  { "unit", "what is counted", TL_ATTR_ENUM, .def = { .i = TL_UNIT_STEP }, .names = tl_schedule_units },
  { NULL },
};

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  double share = (double)tl_schedule_get_time (position, values[UNIT].i) / (double)values[TOTAL_ITERS].i;
  double from = values[START_FACTOR].d, to = values[END_FACTOR].d;

  return base_lr * (from + (to - from) * MIN (share, 1));
}

const TlScheduleClass tl_schedule_warmup = {
  .name = "warmup",
  .title = "WarmupLR",
  .doc = "Rises in equal steps, then stays.",
  .formula = "lr = lr0 (start_factor + (end_factor - start_factor) min (t / total_iters, 1))",
  .source = "Goyal et al. 2017, arXiv:1706.02677; as torch.optim.lr_scheduler.LinearLR",
  .attrs = attrs,
  .get_lr = get_lr,
};
