/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop over steps and epochs.
 */
#include <math.h>
#include <string.h>

#include "config.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/kernels/cpu.h"
#include "core/train/trainer-private.h"

#define TELL(self, slot, ...)                                   \
  G_STMT_START                                                  \
  {                                                             \
    if ((self)->o.sink != NULL && (self)->o.sink->slot != NULL) \
      (self)->o.sink->slot ((self)->o.sink_data, __VA_ARGS__);  \
  }                                                             \
  G_STMT_END

static double
seconds_since (gint64 time_us)
{
  return (double)(g_get_monotonic_time () - time_us) * 1e-6;
}

static guint64
n_steps (TlTrainer *self)
{
  return self->o.epochs * self->steps_per_epoch;
}

static void
tell_change (TlTrainer  *self,
             const char *name,
             double      value)
{
  const TlRunChange event = { self->step, name, value };

  TELL (self, change, &event);
}

static void
tell_started (TlTrainer *self)
{
  const TlRunStarted event = {
    .model = self->o.model != NULL ? tl_model_get_name (self->o.model) : NULL,
    .loss = self->loss_layer != NULL ? tl_layer_get_class (self->loss_layer)->name : self->o.loss_func != NULL ? "function"
                                                                                                               : "model",
    .optimizer = tl_optimizer_get_class (self->o.optimizer)->name,
    .device = "cpu",
    .cpu = tl_cpu_level_name (tl_cpu_level ()),
    .version = TL_VERSION,
    .train_fingerprint = tl_dataset_get_fingerprint (self->o.train),
    .validation_fingerprint = self->o.validation != NULL ? tl_dataset_get_fingerprint (self->o.validation) : NULL,
    .n_parameters = self->n_parameters,
    .n_train = tl_dataset_get_n_items (self->o.train),
    .n_validation = self->o.validation != NULL ? tl_dataset_get_n_items (self->o.validation) : 0,
    .batch_size = self->o.batch_size,
    .epochs = self->o.epochs,
    .steps_per_epoch = self->steps_per_epoch,
    .seed = self->seed,
    .first_step = self->step,
    .n_threads = tl_context_get_n_threads (self->context),
  };

  TELL (self, started, &event);
  if (self->step > 0)
    tell_change (self, "resume", 0);
}

/* The rate over about the last second; the first step also made the plan and does not count. */
static void
measure_speed (TlTrainer *self,
               gsize      n_items)
{
  gint64 now = g_get_monotonic_time ();
  double dt = (double)(now - self->last_us) * 1e-6;
  double share = -expm1 (-dt);

  self->last_us = now;
  if (self->step <= self->first_step + 1)
    return;
  if (self->step <= self->first_step + 2)
    self->s_per_item = dt / (double)n_items;
  else
    self->s_per_item += share * (dt / (double)n_items - self->s_per_item);
}

static void
tell_step (TlTrainer *self)
{
  TlMemoryStats memory;
  guint64       epoch_step = (self->position.batch + self->o.accumulate - 1) / self->o.accumulate;
  guint64       left = n_steps (self) - MIN (self->step, n_steps (self));
  double        items_per_step = (double)tl_loader_get_n_items (self->train) / (double)self->steps_per_epoch;
  double        values[TL_TRAINER_MAX_METRICS + 1];
  TlRunStep     event = {
        .step = self->step,
        .n_steps = n_steps (self),
        .epoch = self->position.epoch,
        .epoch_step = epoch_step,
        .steps_per_epoch = self->steps_per_epoch,
        .loss = self->loss,
        .lr = self->lr,
        .samples_per_s = self->s_per_item > 0 ? 1 / self->s_per_item : 0,
        .elapsed_s = seconds_since (self->started_us),
        .n_values = self->n_metrics,
        .names = self->metric_names,
        .values = values,
  };

  for (guint i = 0; i < self->n_metrics; i++)
    values[i] = self->metrics[i].klass->grows ? NAN : tl_metric_get_value (&self->metrics[i]);
  tl_memory_get_stats (&memory);
  event.n_bytes = memory.n_live;
  event.left_s = self->s_per_item > 0 ? (double)left * items_per_step * self->s_per_item : -1;
  TELL (self, step, &event);
}

static void
tell_result (TlTrainer *self,
             gboolean   validation,
             double     duration_s)
{
  const TlRunResult event = {
    .step = self->step,
    .epoch = self->position.epoch,
    .n_values = self->n_metrics,
    .names = self->metric_names,
    .values = self->results[validation],
    .duration_s = duration_s,
    .n_items = validation ? tl_dataset_get_n_items (self->o.validation) : tl_loader_get_n_items (self->train),
  };

  if (validation)
    TELL (self, validation, &event);
  else
    TELL (self, epoch, &event);
}

static gboolean
follow_wishes (TlTrainer *self,
               GError   **error)
{
  double lr = atomic_exchange (&self->wishes.lr, NAN);

  if (!isnan (lr) && lr >= 0) {
    self->base_lr = lr;
    tell_change (self, "lr", lr);
  }
  if (atomic_load (&self->wishes.paused)) {
    gint64 since = g_get_monotonic_time ();

    tell_change (self, "pause", 0);
    while (atomic_load (&self->wishes.paused) && !atomic_load (&self->wishes.stop) &&
           !tl_context_is_cancelled (self->context)) {
      if (self->idle != NULL)
        self->idle (self->idle_data);
      g_usleep (10000);
    }
    self->last_us += g_get_monotonic_time () - since;
    tell_change (self, "continue", 0);
  }
  if (self->idle != NULL)
    self->idle (self->idle_data);
  return tl_context_check_cancelled (self->context, error);
}

static gboolean
set_lr (TlTrainer *self,
        GError   **error)
{
  const TlSchedulePosition position = { (gint64)self->step, (gint64)n_steps (self), (gint64)self->steps_per_epoch, &self->schedule_state };

  self->lr = self->base_lr;
  if (self->o.schedule != NULL)
    self->lr = tl_schedule_get_lr (self->o.schedule, self->o.schedule_attrs, self->base_lr, &position);
  if (self->o.schedule_func != NULL && !self->o.schedule_func (&position, self->base_lr, self->o.schedule_data, &self->lr, error))
    return FALSE;
  if (self->lr == tl_optimizer_get_lr (self->o.optimizer))
    return TRUE;
  return tl_optimizer_set_lr (self->o.optimizer, self->lr, error);
}

static gboolean
run_steps (TlTrainer *self,
           GError   **error)
{
  gsize n_batches = tl_loader_get_n_batches (self->train);

  while (self->position.batch < n_batches) {
    gsize  n_items;
    double scale = self->scale != NULL ? tl_loss_scale_get (self->scale) : 0;

    if (!follow_wishes (self, error))
      return FALSE;
    if (atomic_load (&self->wishes.stop))
      return TRUE;
    if (!set_lr (self, error) || !tl_trainer_take_step (self, &n_items, error))
      return FALSE;
    measure_speed (self, n_items);
    if (self->scale != NULL && tl_loss_scale_get (self->scale) != scale)
      tell_change (self, "loss_scale", tl_loss_scale_get (self->scale));
    if (self->step % self->o.log_every == 0 || self->position.batch == n_batches)
      tell_step (self);
  }
  return TRUE;
}

static gboolean
is_better (TlTrainer *self,
           double     value)
{
  if (isnan (value))
    return FALSE;
  if (!self->has_best)
    return TRUE;
  return self->metrics[self->monitor].klass->higher_is_better ? value > self->best + self->o.min_delta
                                                              : value < self->best - self->o.min_delta;
}

static gboolean
judge_epoch (TlTrainer *self,
             GError   **error)
{
  double           value = self->results[self->validation != NULL][self->monitor];
  g_autofree char *path = self->o.keep_best ? tl_trainer_file (self, "best.safetensors") : NULL;

  if (is_better (self, value)) {
    self->has_best = TRUE;
    self->best = value;
    self->best_epoch = self->position.epoch;
    return path == NULL || tl_trainer_save_model (self, path, error);
  }
  self->stopped_early = self->o.patience > 0 && self->position.epoch - self->best_epoch >= self->o.patience;
  return TRUE;
}

/* Measures and judges the epoch; with an average of the weights, that average. */
static gboolean
measure_epoch (TlTrainer *self,
               double    *validation_s,
               GError   **error)
{
  gint64   since = g_get_monotonic_time ();
  gboolean ok = self->average == NULL || tl_average_swap (self->average, error);

  if (!ok)
    return FALSE;
  ok = self->validation == NULL || tl_trainer_evaluate_loader (self, self->validation, self->results[1], error);
  *validation_s = seconds_since (since);
  for (guint i = 0; ok && i < self->n_metrics; i++)
    self->results[0][i] = tl_metric_get_value (&self->metrics[i]);
  ok = ok && judge_epoch (self, error);
  return (self->average == NULL || tl_average_swap (self->average, ok ? error : NULL)) && ok;
}

/* Both results are told after both are known: an epoch that is interrupted while it is measured is measured again. */
static gboolean
finish_epoch (TlTrainer *self,
              GError   **error)
{
  double train_s = seconds_since (self->epoch_us);
  double validation_s;

  if (!measure_epoch (self, &validation_s, error))
    return FALSE;
  if (self->o.schedule != NULL && self->o.schedule->observe != NULL)
    self->o.schedule->observe (self->o.schedule_attrs, &self->schedule_state, self->results[self->validation != NULL][self->monitor],
                               self->metrics[self->monitor].klass->higher_is_better);
  tell_result (self, FALSE, train_s);
  if (self->validation != NULL)
    tell_result (self, TRUE, validation_s);
  for (guint i = 0; i < self->n_metrics; i++)
    tl_metric_reset (&self->metrics[i]);
  self->position = (TlLoaderPosition){ self->position.epoch + 1, 0 };
  tl_loader_set_position (self->train, &self->position);
  if (self->stopped_early)
    tell_change (self, "early_stop", self->best);
  if (self->position.epoch % self->o.checkpoint_every == 0 && self->position.epoch < self->o.epochs && !self->stopped_early)
    return tl_trainer_write_checkpoint (self, error);
  return TRUE;
}

static gboolean
run_epochs (TlTrainer *self,
            GError   **error)
{
  tl_loader_set_position (self->train, &self->position);
  if (!tl_trainer_make_plans (self, error))
    return FALSE;
  self->last_us = g_get_monotonic_time ();
  while (self->position.epoch < self->o.epochs && !self->stopped_early) {
    self->epoch_us = g_get_monotonic_time ();
    if (!run_steps (self, error))
      return FALSE;
    if (atomic_load (&self->wishes.stop)) {
      tell_change (self, "stop", 0);
      return TRUE;
    }
    if (!finish_epoch (self, error))
      return FALSE;
    self->last_us = g_get_monotonic_time ();
  }
  return TRUE;
}

static gboolean
finish (TlTrainer *self,
        GError   **error)
{
  g_autofree char *model_path = tl_trainer_file (self, "model.safetensors");
  g_autofree char *checkpoint_path = tl_trainer_file (self, "checkpoint.safetensors");
  TlRunEnd         event = {
            .step = self->step,
            .epoch = self->position.epoch,
            .elapsed_s = seconds_since (self->started_us),
            .model_path = model_path,
            .checkpoint_path = checkpoint_path,
            .reason = self->stopped_early ? "early_stop" : atomic_load (&self->wishes.stop) ? "stop"
                                                                                            : NULL,
  };

  /* What the model holds from now on is the average. */
  if (!tl_trainer_write_checkpoint (self, error) || (self->average != NULL && !tl_average_swap (self->average, error)) ||
      (model_path != NULL && !tl_trainer_save_model (self, model_path, error)))
    return FALSE;
  TELL (self, finished, &event);
  return TRUE;
}

/* The last finished step is kept, whatever happened; nothing is written before the first. */
static void
end_badly (TlTrainer    *self,
           const GError *reason)
{
  gboolean           cancelled = g_error_matches (reason, TL_ERROR, TL_ERROR_CANCELLED);
  g_autofree char   *path = self->step > 0 ? tl_trainer_file (self, "checkpoint.safetensors") : NULL;
  g_autoptr (GError) error = NULL;
  TlRunEnd           event = {
              .step = self->step,
              .epoch = self->position.epoch,
              .elapsed_s = seconds_since (self->started_us),
              .checkpoint_path = path,
              .reason = reason->message,
  };

  if (path != NULL && !tl_trainer_write_checkpoint (self, &error)) {
    TELL (self, message, error->message);
    event.checkpoint_path = NULL;
  }
  if (cancelled)
    TELL (self, interrupted, &event);
  else
    TELL (self, failed, &event);
}

/* A search leaves those of where it looked last. */
static void
drop_gradients (TlTrainer *self)
{
  if (tl_optimizer_searches (self->o.optimizer))
    tl_optimizer_zero_grad (self->o.optimizer);
}

/**
 * tl_trainer_run:
 * @self: a trainer
 * @error: return location for an error
 *
 * Trains to the last epoch, to an early stop or to tl_trainer_stop(), and writes the model.  On an error or an interrupt
 * the model is what it was after the last finished step, and a checkpoint of it is written.
 *
 * Errors: %TL_ERROR_CANCELLED after tl_context_cancel(), %TL_ERROR_NUMERIC for a NaN or Inf, %TL_ERROR_SHAPE and %TL_ERROR_DTYPE if
 * model and data do not fit, %TL_ERROR_MEMORY, %TL_ERROR_IO
 *
 * Returns: whether it came to its end
 */
gboolean
tl_trainer_run (TlTrainer *self,
                GError   **error)
{
  GError *reason = NULL;

  g_return_val_if_fail (tl_context_get () == self->context, FALSE);

  self->started_us = g_get_monotonic_time ();
  self->first_step = self->step;
  self->s_per_item = 0;
  tell_started (self);
  if (run_epochs (self, &reason) && finish (self, &reason)) {
    drop_gradients (self);
    return TRUE;
  }
  drop_gradients (self);
  end_badly (self, reason);
  g_propagate_error (error, reason);
  return FALSE;
}
