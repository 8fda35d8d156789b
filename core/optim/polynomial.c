/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { TOTAL_ITERS,
       POWER,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "total_iters", "epochs or steps until the rate is 0; 0 for the whole training", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "power", "exponent; 1 is a straight line", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .max = 1000 },
  { "unit", "what is counted", TL_ATTR_ENUM, .def = { .i = TL_UNIT_STEP }, .names = tl_schedule_units },
  { NULL },
};

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  double t = (double)tl_schedule_get_time (position, values[UNIT].i);
  double end = (double)(values[TOTAL_ITERS].i > 0 ? values[TOTAL_ITERS].i : tl_schedule_get_end (position, values[UNIT].i));

  return end > 0 ? base_lr * pow (1 - MIN (t / end, 1), values[POWER].d) : base_lr;
}

const TlScheduleClass tl_schedule_polynomial = {
  .name = "polynomial",
  .title = "PolynomialLR",
  .doc = "Falls to 0 along a power.",
  .formula = "lr = lr0 (1 - t / total_iters)^power",
  .source = "as torch.optim.lr_scheduler.PolynomialLR",
  .attrs = attrs,
  .end = "total_iters",
  .get_lr = get_lr,
};
