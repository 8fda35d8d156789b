/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/optim/average.h"
#include "core/graph/plan.h"
#include "core/train/loss-scale.h"
#include "core/train/trainer.h"

G_BEGIN_DECLS

/*
 * What a batch is in an optimizer step.  FIRST replaces the gradients, MIDDLE and LAST add to them; WHOLE and LAST change
 * the parameters.
 */
typedef enum {
  TL_STEP_WHOLE,
  TL_STEP_FIRST,
  TL_STEP_MIDDLE,
  TL_STEP_LAST,
  TL_N_STEP_KINDS,
} TlStepKind;

/* Live changes: written by any thread, read between steps. */
typedef struct {
  _Atomic double lr; /* NaN: none is wanted */
  atomic_bool    paused;
  atomic_bool    stop;
} TlTrainerWishes;

struct _TlTrainer {
  TlTrainerOptions o; /* objects in it are owned; arrays are not used after tl_trainer_new() */
  TlLayer         *loss_layer;
  TlContext       *context;
  GPtrArray       *variables;       /* all that a checkpoint holds */
  GPtrArray       *model_variables; /* parameters and buffers */
  GPtrArray       *changing;        /* buffers and counters: changed by a forward pass */
  GPtrArray       *saved;           /* TlTensor: what `changing` was at the beginning of a step */
  guint64          n_parameters;
  TlAverage       *average; /* (nullable) */
  TlLossScale     *scale;   /* (nullable): with f16 */

  TlLoader  *train, *validation;
  guint      n_fields, n_inputs, n_outputs;
  TlItemType types[TL_DATASET_MAX_FIELDS]; /* of the fields */
  TlPlan    *plans[TL_N_STEP_KINDS];
  TlPlan    *evaluation;
  TlTensor  *weight; /* f32 without axes: this batch's share of the step */

  guint       n_metrics; /* with the loss, which is the first */
  const char *metric_names[TL_TRAINER_MAX_METRICS + 1];
  TlMetric    metrics[TL_TRAINER_MAX_METRICS + 1];
  TlMetric    before[TL_TRAINER_MAX_METRICS + 1];     /* as they were before a step of several batches */
  TlMetric    evaluated[TL_TRAINER_MAX_METRICS + 1];  /* of the last evaluation */
  double      results[2][TL_TRAINER_MAX_METRICS + 1]; /* of the last epoch: training, validation */
  guint       monitor;

  /* Where it stands. */
  TlLoaderPosition position; /* of the first batch of the next step */
  guint64          step;
  double           loss, lr, base_lr;
  double           best;
  guint64          best_epoch;
  gboolean         has_best, stopped_early;
  TlScheduleState  schedule_state;

  TlTrainerWishes   wishes;
  TlTrainerIdleFunc idle;
  gpointer          idle_data;
  guint64           seed, steps_per_epoch, first_step;
  gint64            started_us, epoch_us, last_us, paused_us;
  double            s_per_item;
};

/* trainer-step.c */
gboolean   tl_trainer_take_step (TlTrainer *self,
                                 gsize     *n_items,
                                 GError   **error);
TlPlan    *tl_trainer_trace (TlTrainer *self,
                             TlStepKind kind,
                             GError   **error);
TlPlan    *tl_trainer_trace_evaluation (TlTrainer *self,
                                        GError   **error);
gboolean   tl_trainer_make_plans (TlTrainer *self,
                                  GError   **error);
TlStepKind tl_trainer_kind_of (gsize batch,
                               gsize n_batches);
void       tl_trainer_measure (TlTrainer       *self,
                               TlPlan          *plan,
                               TlTensor *const *fields,
                               gsize            n_items,
                               TlMetric        *metrics);
gboolean   tl_trainer_evaluate_loader (TlTrainer *self,
                                       TlLoader  *loader,
                                       double    *values,
                                       GError   **error);

/* trainer-search.c */
gboolean tl_trainer_search (TlTrainer *self,
                            gsize      n_batches,
                            gsize      n_items,
                            GError   **error);

/* trainer-check.c */
gboolean tl_trainer_check_classes (TlTrainer    *self,
                                   const TlMeta *output,
                                   GError      **error);

/* trainer-file.c */
char    *tl_trainer_file (TlTrainer  *self,
                          const char *name);
gboolean tl_trainer_write_checkpoint (TlTrainer *self,
                                      GError   **error);

G_END_DECLS
