/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { TOTAL_STEPS,
       PCT_START,
       DIV_FACTOR,
       FINAL_DIV_FACTOR };

static const TlAttrSpec attrs[] = {
  { "total_steps", "steps of the cycle; 0 for the whole training", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "pct_start", "share of the steps in which the rate rises", TL_ATTR_FLOAT, .def = { .d = 0.3 }, .has_range = TRUE, .max = 1 },
  { "div_factor", "how many times lower the rate begins", TL_ATTR_FLOAT, .def = { .d = 25 }, .has_range = TRUE, .min = 1, .max = G_MAXDOUBLE },
  { "final_div_factor", "how many times lower than at the beginning it ends", TL_ATTR_FLOAT, .def = { .d = 1e4 }, .has_range = TRUE, .min = 1, .max = G_MAXDOUBLE },
  { NULL },
};

/* From @from to @to along half a cosine. */
static double
bend (double from,
      double to,
      double share)
{
  return to + (from - to) * (1 + cos (G_PI * share)) / 2;
}

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  double end = (double)(values[TOTAL_STEPS].i > 0 ? values[TOTAL_STEPS].i : position->n_steps) - 1;
  double t = MIN ((double)position->step, MAX (end, 0)), top = values[PCT_START].d * (end + 1) - 1;
  double first = base_lr / values[DIV_FACTOR].d, last = first / values[FINAL_DIV_FACTOR].d;

  if (end <= 0)
    return base_lr;
  return t <= top ? bend (first, base_lr, t / top) : bend (base_lr, last, (t - top) / (end - top));
}

const TlScheduleClass tl_schedule_one_cycle = {
  .name = "one_cycle",
  .title = "OneCycleLR",
  .doc = "Rises to the rate and falls far below it, both along half a cosine.",
  .formula = "lr0 / div_factor, lr0 after pct_start of the steps, lr0 / div_factor / final_div_factor",
  .source = "Smith & Topin 2018, arXiv:1708.07120; as torch.optim.lr_scheduler.OneCycleLR with max_lr = lr0",
  .attrs = attrs,
  .end = "total_steps",
  .get_lr = get_lr,
};
