/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/optim/schedule-private.h"

enum { FACTOR,
       PATIENCE,
       THRESHOLD,
       THRESHOLD_MODE,
       COOLDOWN,
       MIN_LR };

static const char *const threshold_modes[] = { "rel", "abs", NULL };

static const TlAttrSpec attrs[] = {
  { "factor", "what the rate is multiplied by", TL_ATTR_FLOAT, .def = { .d = 0.1 }, .has_range = TRUE, .max = 1 },
  { "patience", "epochs without improvement that are allowed", TL_ATTR_INT, .def = { .i = 10 }, .has_range = TRUE, .max = G_MAXINT32 },
  { "threshold", "what counts as better", TL_ATTR_FLOAT, .def = { .d = 1e-4 }, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "threshold_mode", "whether the threshold is a share of the best value", TL_ATTR_ENUM, .names = threshold_modes },
  { "cooldown", "epochs after a fall that do not count", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "min_lr", "lowest learning rate", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { NULL },
};

static void
observe (const TlAttrValue *values,
         TlScheduleState   *state,
         double             value,
         gboolean           higher_is_better)
{
  double share = values[THRESHOLD].d * (values[THRESHOLD_MODE].i == 0 ? fabs (state->best) : 1);
  double sign = higher_is_better ? 1 : -1;

  if (!state->has_best || sign * value > sign * state->best + share) {
    state->has_best = TRUE;
    state->best = value;
    state->n_bad = 0;
  } else {
    state->n_bad++;
  }
  if (state->n_cooldown > 0) {
    state->n_cooldown--;
    state->n_bad = 0;
  }
  if (state->n_bad > values[PATIENCE].i) {
    state->n_falls++;
    state->n_bad = 0;
    state->n_cooldown = values[COOLDOWN].i;
  }
}

static double
get_lr (const TlAttrValue        *values,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  double lr = base_lr;

  for (gint64 i = 0; position->state != NULL && i < position->state->n_falls; i++) {
    double next = MAX (lr * values[FACTOR].d, values[MIN_LR].d);

    if (lr - next <= 1e-8) /* as PyTorch: smaller falls are none */
      break;
    lr = next;
  }
  return lr;
}

const TlScheduleClass tl_schedule_plateau = {
  .name = "plateau",
  .title = "ReduceLROnPlateau",
  .doc = "Falls by a factor when the monitored metric has not got better for a while.",
  .formula = "lr = lr0 factor^(falls)",
  .source = "as torch.optim.lr_scheduler.ReduceLROnPlateau",
  .attrs = attrs,
  .get_lr = get_lr,
  .observe = observe,
};
