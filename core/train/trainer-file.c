/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trainer writes and reads.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/train/trainer-private.h"

char *
tl_trainer_file (TlTrainer  *self,
                 const char *name)
{
  return self->o.folder != NULL ? g_build_filename (self->o.folder, name, NULL) : NULL;
}

static void
put_metrics (TlTrainer    *self,
             TlCheckpoint *checkpoint)
{
  for (guint i = 0; i < self->n_metrics; i++) {
    g_autofree char *key = g_strdup_printf ("trellis.metric.%u", i);
    g_autofree char *text = tl_metric_to_text (&self->metrics[i]);

    tl_checkpoint_set (checkpoint, key, text);
  }
}

static gboolean
get_metrics (TlTrainer    *self,
             TlCheckpoint *checkpoint,
             TlMetric     *metrics,
             GError      **error)
{
  for (guint i = 0; i < self->n_metrics; i++) {
    g_autofree char *key = g_strdup_printf ("trellis.metric.%u", i);
    const char      *text = tl_checkpoint_get (checkpoint, key);

    if (text == NULL || !tl_metric_set_text (&metrics[i], text)) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "the checkpoint does not hold the metric %s of this training",
                   self->metric_names[i]);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
observes (TlTrainer *self)
{
  return self->o.schedule != NULL && self->o.schedule->observe != NULL;
}

static void
put_schedule (TlTrainer    *self,
              TlCheckpoint *checkpoint)
{
  const TlScheduleState *state = &self->schedule_state;

  if (!observes (self))
    return;
  tl_checkpoint_set_number (checkpoint, "trellis.schedule.has_best", state->has_best);
  tl_checkpoint_set_double (checkpoint, "trellis.schedule.best", state->best);
  tl_checkpoint_set_number (checkpoint, "trellis.schedule.n_bad", (guint64)state->n_bad);
  tl_checkpoint_set_number (checkpoint, "trellis.schedule.n_cooldown", (guint64)state->n_cooldown);
  tl_checkpoint_set_number (checkpoint, "trellis.schedule.n_falls", (guint64)state->n_falls);
}

static gboolean
get_schedule (TlTrainer       *self,
              TlCheckpoint    *checkpoint,
              TlScheduleState *state,
              GError         **error)
{
  guint64 has_best, n_bad, n_cooldown, n_falls;

  if (!observes (self))
    return TRUE;
  if (!tl_checkpoint_get_number (checkpoint, "trellis.schedule.has_best", &has_best, error) ||
      !tl_checkpoint_get_double (checkpoint, "trellis.schedule.best", &state->best, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.schedule.n_bad", &n_bad, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.schedule.n_cooldown", &n_cooldown, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.schedule.n_falls", &n_falls, error))
    return FALSE;
  state->has_best = has_best != 0;
  state->n_bad = (gint64)MIN (n_bad, G_MAXINT32);
  state->n_cooldown = (gint64)MIN (n_cooldown, G_MAXINT32);
  state->n_falls = (gint64)MIN (n_falls, G_MAXINT32);
  return TRUE;
}

/* What must be the same for a run to go on as if it had not stopped. */
static gboolean
check_same (TlCheckpoint *checkpoint,
            const char   *key,
            guint64       mine,
            GError      **error)
{
  guint64 theirs;

  if (!tl_checkpoint_get_number (checkpoint, key, &theirs, error))
    return FALSE;
  if (theirs == mine)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
               "the checkpoint was written with %s = %" G_GUINT64_FORMAT ", but this training has %" G_GUINT64_FORMAT,
               key + strlen ("trellis."), theirs, mine);
  return FALSE;
}

static gboolean
check_precision (TlTrainer    *self,
                 TlCheckpoint *checkpoint,
                 GError      **error)
{
  const char *theirs = tl_checkpoint_get (checkpoint, "trellis.precision");

  theirs = theirs != NULL ? theirs : tl_dtype_name (TL_DTYPE_F32);
  if (strcmp (theirs, tl_dtype_name (self->o.precision)) == 0)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "the checkpoint was written with precision = %s, but this training has %s", theirs,
               tl_dtype_name (self->o.precision));
  return FALSE;
}

static gboolean
check_data (TlTrainer    *self,
            TlCheckpoint *checkpoint,
            GError      **error)
{
  const char *theirs = tl_checkpoint_get (checkpoint, "trellis.data");

  if (g_strcmp0 (theirs, tl_dataset_get_fingerprint (self->o.train)) == 0)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "the checkpoint was written with other training data (%s) than this training has (%s)",
               theirs != NULL ? theirs : "unknown", tl_dataset_get_fingerprint (self->o.train));
  return FALSE;
}

/**
 * tl_trainer_save_checkpoint:
 * @self: a trainer
 * @path: the file
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether it was written
 */
gboolean
tl_trainer_save_checkpoint (TlTrainer  *self,
                            const char *path,
                            GError    **error)
{
  g_autoptr (TlCheckpoint) checkpoint = tl_checkpoint_new ();

  tl_checkpoint_set (checkpoint, "trellis.checkpoint", TL_CHECKPOINT_FORMAT);
  tl_checkpoint_set (checkpoint, "trellis.data", tl_dataset_get_fingerprint (self->o.train));
  tl_checkpoint_set_number (checkpoint, "trellis.step", self->step);
  tl_checkpoint_set_number (checkpoint, "trellis.epoch", self->position.epoch);
  tl_checkpoint_set_number (checkpoint, "trellis.batch", self->position.batch);
  tl_checkpoint_set_number (checkpoint, "trellis.seed", self->seed);
  tl_checkpoint_set_number (checkpoint, "trellis.context_seed", tl_context_get_seed (self->context));
  tl_checkpoint_set_number (checkpoint, "trellis.batch_size", self->o.batch_size);
  tl_checkpoint_set_number (checkpoint, "trellis.accumulate", self->o.accumulate);
  tl_checkpoint_set_number (checkpoint, "trellis.shuffle", !self->o.keep_order);
  if (self->o.precision != TL_DTYPE_F32)
    tl_checkpoint_set (checkpoint, "trellis.precision", tl_dtype_name (self->o.precision));
  tl_checkpoint_set_double (checkpoint, "trellis.lr", self->base_lr);
  tl_checkpoint_set_double (checkpoint, "trellis.loss", self->loss);
  tl_checkpoint_set_number (checkpoint, "trellis.has_best", self->has_best);
  tl_checkpoint_set_double (checkpoint, "trellis.best", self->best);
  tl_checkpoint_set_number (checkpoint, "trellis.best_epoch", self->best_epoch);
  tl_checkpoint_set_number (checkpoint, "trellis.stopped_early", self->stopped_early);
  put_metrics (self, checkpoint);
  put_schedule (self, checkpoint);
  return tl_checkpoint_save (checkpoint, path, (TlVariable *const *)self->variables->pdata, self->variables->len, error);
}

/* Writes the checkpoint of the run's folder, if there is one, and tells. */
gboolean
tl_trainer_write_checkpoint (TlTrainer *self,
                             GError   **error)
{
  g_autofree char *path = tl_trainer_file (self, "checkpoint.safetensors");

  if (path == NULL)
    return TRUE;
  if (!tl_trainer_save_checkpoint (self, path, error))
    return FALSE;
  if (self->o.sink != NULL && self->o.sink->checkpoint != NULL)
    self->o.sink->checkpoint (self->o.sink_data, self->step, path);
  return TRUE;
}

static gboolean
resume (TlTrainer  *self,
        const char *path,
        TlMetric   *metrics,
        GError    **error)
{
  g_autoptr (TlCheckpoint) checkpoint = tl_checkpoint_open (path, error);
  TlLoaderPosition         position;
  TlScheduleState          schedule_state = { 0 };
  guint64                  step, has_best, best_epoch, stopped_early;
  double                   lr, loss, best;

  if (checkpoint == NULL || !check_same (checkpoint, "trellis.seed", self->seed, error) ||
      !check_same (checkpoint, "trellis.context_seed", tl_context_get_seed (self->context), error) ||
      !check_same (checkpoint, "trellis.batch_size", self->o.batch_size, error) ||
      !check_same (checkpoint, "trellis.accumulate", self->o.accumulate, error) ||
      !check_same (checkpoint, "trellis.shuffle", !self->o.keep_order, error) || !check_precision (self, checkpoint, error) ||
      !check_data (self, checkpoint, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.step", &step, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.epoch", &position.epoch, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.batch", &position.batch, error) ||
      !tl_checkpoint_get_double (checkpoint, "trellis.lr", &lr, error) ||
      !tl_checkpoint_get_double (checkpoint, "trellis.loss", &loss, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.has_best", &has_best, error) ||
      !tl_checkpoint_get_double (checkpoint, "trellis.best", &best, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.best_epoch", &best_epoch, error) ||
      !tl_checkpoint_get_number (checkpoint, "trellis.stopped_early", &stopped_early, error) ||
      !get_metrics (self, checkpoint, metrics, error) || !get_schedule (self, checkpoint, &schedule_state, error))
    return FALSE;
  if (position.batch > tl_loader_get_n_batches (self->train)) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s stands at batch %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT, path,
                 position.batch, tl_loader_get_n_batches (self->train));
    return FALSE;
  }
  if (!tl_checkpoint_restore (checkpoint, (TlVariable *const *)self->variables->pdata, self->variables->len, TRUE, error))
    return FALSE;
  self->position = position;
  self->step = step;
  self->base_lr = lr;
  self->loss = loss;
  self->has_best = has_best != 0;
  self->best = best;
  self->best_epoch = best_epoch;
  self->stopped_early = stopped_early != 0;
  self->schedule_state = schedule_state;
  for (guint i = 0; i < self->n_metrics; i++)
    tl_metric_copy (&metrics[i], &self->metrics[i]);
  return TRUE;
}

/**
 * tl_trainer_resume:
 * @self: a trainer that has not run, with the same options as the one that wrote the checkpoint; only `epochs` and what is
 *   told may differ
 * @path: a checkpoint
 * @error: return location for an error
 *
 * Sets model, optimizer and place in the data to those of the checkpoint.  On failure nothing has changed.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT for a file that is no checkpoint; %TL_ERROR_NAME, %TL_ERROR_SHAPE, %TL_ERROR_DTYPE,
 * %TL_ERROR_VALUE if it belongs to another training
 *
 * Returns: whether tl_trainer_run() will go on from it
 */
gboolean
tl_trainer_resume (TlTrainer  *self,
                   const char *path,
                   GError    **error)
{
  TlMetric metrics[TL_TRAINER_MAX_METRICS + 1];
  gboolean ok;

  for (guint i = 0; i < self->n_metrics; i++)
    tl_metric_init (&metrics[i], self->metrics[i].klass, self->metrics[i].attrs);
  ok = resume (self, path, metrics, error);
  for (guint i = 0; i < self->n_metrics; i++)
    tl_metric_clear (&metrics[i]);
  return ok;
}

/**
 * tl_trainer_save_model:
 * @self: a trainer
 * @path: the file
 * @error: return location for an error
 *
 * Writes parameters and buffers, and no more than is needed to use them, as safetensors.
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether it was written
 */
gboolean
tl_trainer_save_model (TlTrainer  *self,
                       const char *path,
                       GError    **error)
{
  g_autoptr (TlCheckpoint) file = tl_checkpoint_new ();
  const char *const       *classes = tl_dataset_get_class_names (self->o.train);

  tl_checkpoint_set_number (file, "trellis.step", self->step);
  tl_checkpoint_set_number (file, "trellis.seed", self->seed);
  tl_checkpoint_set (file, "trellis.data", tl_dataset_get_fingerprint (self->o.train));
  if (self->o.model != NULL && tl_model_get_name (self->o.model) != NULL)
    tl_checkpoint_set (file, "trellis.model", tl_model_get_name (self->o.model));
  if (classes != NULL) {
    g_autofree char *text = g_strjoinv ("\n", (char **)classes);

    tl_checkpoint_set (file, "trellis.classes", text);
  }
  return tl_checkpoint_save (file, path, (TlVariable *const *)self->model_variables->pdata, self->model_variables->len, error);
}
