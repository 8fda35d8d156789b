/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { T_MAX,
       ETA_MIN,
       WARMUP,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "T_max", "epochs or steps until the rate is lowest; 0 for the whole training", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "eta_min", "lowest learning rate", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "warmup", "epochs or steps during which the rate rises first", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "unit", "what is counted", TL_ATTR_ENUM, .def = { .i = TL_UNIT_STEP }, .names = tl_schedule_units },
  { NULL },
};

/* Beyond its end the rate stays lowest. */
static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  double t = (double)tl_schedule_get_time (position, values[UNIT].i);
  double end = (double)(values[T_MAX].i > 0 ? values[T_MAX].i : tl_schedule_get_end (position, values[UNIT].i));
  double warmup = (double)values[WARMUP].i, low = values[ETA_MIN].d, share;

  if (t < warmup)
    return base_lr * (t + 1) / (warmup + 1);
  if (end <= warmup)
    return base_lr;
  share = MIN ((t - warmup) / (end - warmup), 1);
  return low + (base_lr - low) * (1 + cos (G_PI * share)) / 2;
}

const TlScheduleClass tl_schedule_cosine = {
  .name = "cosine",
  .title = "CosineLR",
  .doc = "Falls along half a cosine, after a warm-up if it is wanted.",
  .formula = "lr = eta_min + (lr0 - eta_min) (1 + cos (pi t / T_max)) / 2",
  .source = "Loshchilov & Hutter 2017, arXiv:1608.03983",
  .attrs = attrs,
  .end = "T_max",
  .get_lr = get_lr,
};
