/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { T_0,
       T_MULT,
       ETA_MIN,
       UNIT };

static const TlAttrSpec attrs[] = {
  { "T_0", "epochs or steps of the first fall", TL_ATTR_INT, TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "T_mult", "how many times as long each next one is", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 1000 },
  { "eta_min", "lowest learning rate", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "unit", "what is counted", TL_ATTR_ENUM, .def = { .i = TL_UNIT_STEP }, .names = tl_schedule_units },
  { NULL },
};

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  gint64 t = tl_schedule_get_time (position, values[UNIT].i), length = values[T_0].i;
  double low = values[ETA_MIN].d;

  if (values[T_MULT].i == 1)
    t %= length;
  else
    while (t >= length) {
      t -= length;
      length *= values[T_MULT].i;
    }
  return low + (base_lr - low) * (1 + cos (G_PI * (double)t / (double)length)) / 2;
}

const TlScheduleClass tl_schedule_cosine_restarts = {
  .name = "cosine_restarts",
  .title = "CosineRestartsLR",
  .doc = "Falls along half a cosine, and begins again and again.",
  .formula = "lr = eta_min + (lr0 - eta_min) (1 + cos (pi t / T)) / 2",
  .source = "Loshchilov & Hutter 2017, arXiv:1608.03983; as torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
  .attrs = attrs,
  .get_lr = get_lr,
};
