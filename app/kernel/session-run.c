/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trainings of a session: their folder, their record, what is told of them.
 */
#include <string.h>

#include "app/document/document-folder.h"
#include "app/kernel/session-private.h"
#include "core/base/error.h"

/* Step events are at most so many a second; files have them all. */
#define STEPS_PER_SECOND 20

static void
tell_problem (TlSession *self,
              GError    *error)
{
  if (error == NULL)
    return;
  tl_session_tell_error (self, self->cell, 0, NULL, error);
  g_error_free (error);
}

static char *
new_run_cb (gpointer    user_data,
            const char *cell,
            GError    **error)
{
  TlSession       *self = user_data;
  char            *id = NULL;
  g_autofree char *folder = self->output != NULL ? tl_document_folder_new_run_in (self->output, &id, error)
                                                 : tl_document_folder_new_run (self->document_path, &id, error);

  if (folder == NULL)
    return NULL;
  g_free (self->run);
  self->run = id;
  self->n_runs++;
  g_clear_pointer (&self->record, tl_run_record_free);
  self->record = tl_run_record_new (folder, self->snapshot != NULL ? self->snapshot->bytes : NULL, self->overrides,
                                    error);
  return self->record != NULL ? g_steal_pointer (&folder) : NULL;
}

/* Trainings before the one that was interrupted run again, with the same results. */
static char *
resume_cb (gpointer    user_data,
           const char *cell)
{
  TlSession *self = user_data;

  if (self->resume == NULL || self->n_runs < self->resume_run)
    return NULL;
  g_free (self->resumed);
  self->resumed = g_steal_pointer (&self->resume);
  return g_build_filename (self->resumed, "checkpoint.safetensors", NULL);
}

static void
idle_cb (gpointer user_data)
{
  TlSession *self = user_data;

  if (self->options.idle != NULL)
    self->options.idle (self->options.sink.user_data);
}

/* What was learned can be tried while the training runs, and when it has ended, however it did. */
static void
ensure_predictor (TlSession *self)
{
  if (self->predictor != NULL || self->trainer == NULL)
    return;
  self->predictor = tl_predictor_new (self->trainer);
  if (self->predictor != NULL)
    self->predictor_run = g_strdup (self->run);
}

void
tl_session_clear_predictor (TlSession *self)
{
  g_clear_pointer (&self->predictor, tl_predictor_free);
  g_clear_pointer (&self->predictor_run, g_free);
}

/* The trainer that runs, for tl_session_control() and tl_session_get_predictor(). */
static void
trainer_cb (gpointer   user_data,
            TlTrainer *trainer)
{
  TlSession *self = user_data;

  if (trainer != NULL) {
    tl_session_clear_predictor (self);
    tl_trainer_set_idle_func (trainer, idle_cb, self);
  } else {
    ensure_predictor (self);
  }
  g_mutex_lock (&self->lock);
  self->trainer = trainer;
  g_mutex_unlock (&self->lock);
}

static void
started_cb (gpointer            user_data,
            const TlRunStarted *run)
{
  TlSession       *self = user_data;
  g_autofree char *resumed = g_steal_pointer (&self->resumed);
  GError          *error = NULL;
  TlEvent          event;

  if (self->record != NULL && resumed != NULL && !tl_run_record_add_history (self->record, resumed, run->first_step, &error))
    tell_problem (self, error);
  tl_event_begin (&event, "run_started", self->cell);
  tl_event_add_string (&event, "run", self->run);
  tl_event_add_int (&event, "number", self->n_runs - 1);
  if (self->record != NULL)
    tl_event_add_string (&event, "folder", tl_run_record_get_folder (self->record));
  tl_event_add_string (&event, "model", run->model);
  tl_event_add_string (&event, "loss", run->loss);
  tl_event_add_string (&event, "optimizer", run->optimizer);
  tl_event_add_int (&event, "epochs", (gint64)run->epochs);
  tl_event_add_int (&event, "steps_per_epoch", (gint64)run->steps_per_epoch);
  tl_event_add_int (&event, "batch_size", (gint64)run->batch_size);
  tl_event_add_int (&event, "parameters", (gint64)run->n_parameters);
  tl_event_add_int (&event, "items", (gint64)run->n_train);
  tl_event_add_string (&event, "device", run->device);
  tl_event_add_string (&event, "cpu", run->cpu);
  tl_event_add_int (&event, "threads", run->n_threads);
  tl_event_add_int (&event, "seed", (gint64)run->seed);
  tl_event_add_int (&event, "context_seed", (gint64)tl_context_get_seed (self->context));
  tl_event_add_string (&event, "version", run->version);
  tl_event_add_string (&event, "train_fingerprint", run->train_fingerprint);
  tl_event_add_string (&event, "validation_fingerprint", run->validation_fingerprint);
  tl_event_add_int (&event, "resumed_step", (gint64)run->first_step);
  tl_session_send (self, &event);
  self->last_step_us = 0;
}

static void
step_cb (gpointer         user_data,
         const TlRunStep *step)
{
  TlSession *self = user_data;
  gint64     now = g_get_monotonic_time ();
  gboolean   is_last = step->epoch_step == step->steps_per_epoch;
  GError    *error = NULL;
  TlEvent    event;

  if (self->record != NULL && !tl_run_record_add_step (self->record, step, &error))
    tell_problem (self, error);
  if (!is_last && now - self->last_step_us < G_USEC_PER_SEC / STEPS_PER_SECOND)
    return;
  self->last_step_us = now;
  tl_event_begin (&event, "step", NULL);
  tl_event_add_string (&event, "run", self->run);
  tl_event_add_int (&event, "step", (gint64)step->step);
  tl_event_add_int (&event, "epoch", (gint64)step->epoch);
  tl_event_add_number (&event, "loss", step->loss);
  tl_event_add_object (&event, "metrics", step->names, step->values, step->n_values);
  tl_event_add_number (&event, "lr", step->lr);
  tl_event_add_number (&event, "samples_per_s", step->samples_per_s);
  tl_event_add_number (&event, "seconds_left", step->left_s);
  tl_event_add_number (&event, "progress", step->n_steps > 0 ? (double)step->step / (double)step->n_steps : 0);
  tl_event_add_int (&event, "bytes", (gint64)step->n_bytes);
  tl_session_send (self, &event);
}

static void
tell_result (TlSession         *self,
             const TlRunResult *result,
             gboolean           is_validation)
{
  GError *error = NULL;
  TlEvent event;

  if (self->record != NULL && !tl_run_record_add_result (self->record, result, is_validation, &error))
    tell_problem (self, error);
  tl_event_begin (&event, "epoch", NULL);
  tl_event_add_string (&event, "run", self->run);
  tl_event_add_int (&event, "epoch", (gint64)result->epoch);
  tl_event_add_int (&event, "step", (gint64)result->step);
  tl_event_add_number (&event, "seconds", result->duration_s);
  tl_event_add_object (&event, is_validation ? "validate" : "train", result->names, result->values, result->n_values);
  tl_session_send (self, &event);
}

static void
epoch_cb (gpointer           user_data,
          const TlRunResult *result)
{
  tell_result (user_data, result, FALSE);
}

static void
validation_cb (gpointer           user_data,
               const TlRunResult *result)
{
  tell_result (user_data, result, TRUE);
}

static void
change_cb (gpointer           user_data,
           const TlRunChange *change)
{
  TlSession *self = user_data;
  TlEvent    event;

  tl_event_begin (&event, "change", NULL);
  tl_event_add_string (&event, "run", self->run);
  tl_event_add_string (&event, "name", change->name);
  tl_event_add_int (&event, "step", (gint64)change->step);
  tl_event_add_number (&event, "value", change->value);
  tl_session_send (self, &event);
}

static void
message_cb (gpointer    user_data,
            const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  tl_session_print (user_data, line, strlen (line), TL_LUA_STREAM_NOTE);
}

static void
checkpoint_cb (gpointer    user_data,
               guint64     step,
               const char *path)
{
  TlSession *self = user_data;
  TlEvent    event;

  tl_event_begin (&event, "checkpoint", NULL);
  tl_event_add_string (&event, "run", self->run);
  tl_event_add_string (&event, "path", path);
  tl_event_add_int (&event, "step", (gint64)step);
  tl_session_send (self, &event);
}

static void
tell_end (TlSession      *self,
          const TlRunEnd *end,
          const char     *status)
{
  g_autofree char *title = g_strdup_printf ("%s  %s", self->cell != NULL ? self->cell : "", self->run != NULL ? self->run : "");
  GError          *error = NULL;
  TlEvent          event;

  if (self->record != NULL && !tl_run_record_draw_curves (self->record, title, &error))
    tell_problem (self, error);
  tl_event_begin (&event, "run_finished", self->cell);
  tl_event_add_string (&event, "run", self->run);
  tl_event_add_string (&event, "status", status);
  tl_event_add_number (&event, "seconds", end->elapsed_s);
  tl_event_add_int (&event, "step", (gint64)end->step);
  tl_event_add_string (&event, "model", end->model_path);
  tl_event_add_string (&event, "checkpoint", end->checkpoint_path);
  tl_event_add_string (&event, "reason", end->reason);
  if (self->record != NULL)
    tl_event_add_string (&event, "folder", tl_run_record_get_folder (self->record));
  tl_session_send (self, &event);
  g_clear_pointer (&self->record, tl_run_record_free);
}

static void
finished_cb (gpointer        user_data,
             const TlRunEnd *end)
{
  tell_end (user_data, end, "done");
}

static void
interrupted_cb (gpointer        user_data,
                const TlRunEnd *end)
{
  tell_end (user_data, end, "interrupted");
}

static void
failed_cb (gpointer        user_data,
           const TlRunEnd *end)
{
  tell_end (user_data, end, "failed");
}

static const TlRunSink run_sink = {
  .started = started_cb,
  .step = step_cb,
  .epoch = epoch_cb,
  .validation = validation_cb,
  .change = change_cb,
  .message = message_cb,
  .checkpoint = checkpoint_cb,
  .finished = finished_cb,
  .interrupted = interrupted_cb,
  .failed = failed_cb,
};

const TlTrainingHost tl_session_training_host = {
  .new_run = new_run_cb,
  .resume = resume_cb,
  .trainer = trainer_cb,
  .sink = &run_sink,
};

/**
 * tl_session_get_predictor:
 * @self: a session, on its own thread
 * @run: the run, or "" for the newest
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_NAME for a run that is not in memory
 *
 * Returns: (transfer none): what tells of the newest training's items, until the next training; or %NULL
 */
TlPredictor *
tl_session_get_predictor (TlSession  *self,
                          const char *run,
                          GError    **error)
{
  ensure_predictor (self);
  if (self->predictor == NULL) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_NAME, "no model was trained since the kernel started");
    return NULL;
  }
  if (*run != '\0' && g_strcmp0 (run, self->predictor_run) != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "the model of run %s is not in memory; the newest is that of run %s", run,
                 self->predictor_run != NULL ? self->predictor_run : "(without a folder)");
    return NULL;
  }
  return self->predictor;
}
