/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kernel/session.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app/check/graph-cell.h"
#include "app/document/cell.h"
#include "app/document/document-folder.h"
#include "app/runs/run-record.h"
#include "core/base/error.h"
#include "lua/lua-state.h"

/* Step events are at most so many a second; files have them all. */
#define STEPS_PER_SECOND 20

/* Bytes of text in one event: quoted and made valid it may grow sixfold, and a message stays under 256 KiB. */
#define MAX_TEXT_BYTES (32 * 1024)

struct _TlSession {
  TlSessionOptions options;
  char            *document_path;
  char            *output;
  char            *overrides;
  char            *resume; /* until the first training takes it */
  TlContext       *context;
  TlLua           *lua;
  TlSnapshot      *snapshot;
  GHashTable      *models; /* id of a graph cell -> TlModel */
  GHashTable      *texts;  /* id of a graph cell -> the text its model was made of */
  const char      *cell;   /* that runs */

  TlRunRecord *record;
  char        *run;
  gint64       last_step_us;

  GMutex     lock;
  TlTrainer *trainer; /* that runs; under @lock */
};

static void
send (TlSession *self,
      TlEvent   *event)
{
  if (self->record != NULL) {
    GString *line = g_string_new_len (event->json->str, (gssize)event->json->len);

    g_string_append_c (line, '}');
    tl_run_record_add_event (self->record, line->str, NULL);
    g_string_free (line, TRUE);
  }
  tl_event_send (event, &self->options.sink);
}

static void
tell_error (TlSession    *self,
            const char   *cell,
            guint         line,
            const char   *node,
            const GError *error)
{
  static const char *const codes[] = { "shape", "dtype", "value", "name", "memory", "io", "format", "unsupported",
                                       "cancelled", "numeric", "device", "code" };
  g_autofree char         *message = NULL;
  TlEvent                  event;

  tl_event_begin (&event, "error", cell);
  if (line > 0)
    tl_event_add_int (&event, "line", line);
  tl_event_add_string (&event, "node", node);
  message = g_strndup (error->message, MAX_TEXT_BYTES);
  tl_event_add_string (&event, "message", message);
  if (error->domain == TL_ERROR && (guint)error->code < G_N_ELEMENTS (codes))
    tl_event_add_string (&event, "code", codes[error->code]);
  send (self, &event);
}

static void
tell_problem (TlSession *self,
              GError    *error)
{
  if (error == NULL)
    return;
  tell_error (self, self->cell, 0, NULL, error);
  g_error_free (error);
}

/* Long text is told in pieces that end between characters. */
static void
print_cb (gpointer    user_data,
          const char *text,
          gsize       n_bytes,
          TlLuaStream stream)
{
  TlSession *self = user_data;

  do {
    gsize            n = MIN (n_bytes, MAX_TEXT_BYTES);
    g_autofree char *copy = NULL;
    TlEvent          event;

    for (guint i = 0; i < 3 && n < n_bytes && ((guchar)text[n] & 0xC0) == 0x80; i++)
      n--;
    copy = g_strndup (text, n);
    tl_event_begin (&event, "output", self->cell);
    tl_event_add_string (&event, "stream", stream == TL_LUA_STREAM_OUT ? "print" : "value");
    tl_event_add_string (&event, "text", copy);
    send (self, &event);
    text += n;
    n_bytes -= n;
  } while (n_bytes > 0);
}

/* The trainer that runs, for tl_session_control(). */
static void
trainer_cb (gpointer   user_data,
            TlTrainer *trainer)
{
  TlSession *self = user_data;

  g_mutex_lock (&self->lock);
  self->trainer = trainer;
  g_mutex_unlock (&self->lock);
}

static TlModel *
lookup_cb (const char *name,
           gpointer    user_data);

/* The model of a graph cell, made anew when its text changed. */
static TlModel *
get_model (TlSession  *self,
           const char *id,
           GError    **error)
{
  const TlSnapshotCell   *cell = self->snapshot != NULL ? tl_snapshot_find (self->snapshot, id) : NULL;
  g_autoptr (TlGraphCell) graph = NULL;
  TlModel                *model;

  if (cell == NULL || cell->kind != TL_CELL_GRAPH)
    return NULL;
  if (g_strcmp0 (g_hash_table_lookup (self->texts, id), cell->text) == 0)
    return tl_model_ref (g_hash_table_lookup (self->models, id));
  graph = tl_graph_cell_new (id, cell->text, lookup_cb, self);
  for (guint i = 0; i < tl_graph_cell_get_n_problems (graph); i++) {
    const TlGraphProblem *problem = tl_graph_cell_get_problem (graph, i);
    GError               *wrong = g_error_new_literal (TL_ERROR, problem->code, problem->message);

    tell_error (self, id, problem->line, problem->node, wrong);
    if (error != NULL && *error == NULL)
      *error = g_error_copy (wrong);
    g_error_free (wrong);
  }
  if (tl_graph_cell_get_n_problems (graph) > 0)
    return NULL;
  model = tl_model_ref (tl_graph_cell_get_model (graph));
  if (!tl_model_initialize (model, tl_context_get_seed (self->context), error)) {
    tl_model_unref (model);
    return NULL;
  }
  g_hash_table_insert (self->models, g_strdup (id), tl_model_ref (model));
  g_hash_table_insert (self->texts, g_strdup (id), g_strdup (cell->text));
  return model;
}

static TlModel *
lookup_cb (const char *name,
           gpointer    user_data)
{
  return get_model (user_data, name, NULL);
}

static TlModel *
find_model_cb (gpointer    user_data,
               const char *name,
               GError    **error)
{
  return get_model (user_data, name, error);
}

static char *
new_run_folder (TlSession *self,
                GError   **error)
{
  char *id = NULL;
  char *folder;

  if (self->output == NULL) {
    folder = tl_document_folder_new_run (self->document_path, &id, error);
  } else {
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autofree char      *stamp = g_date_time_format (now, "%Y%m%d-%H%M%S");

    folder = NULL;
    for (guint i = 1; i < 10000 && folder == NULL; i++) {
      g_autofree char *path = NULL;

      g_free (id);
      id = i == 1 ? g_strdup (stamp) : g_strdup_printf ("%s-%u", stamp, i);
      path = g_build_filename (self->output, id, NULL);
      if (g_mkdir_with_parents (self->output, 0777) != 0 || (g_mkdir (path, 0777) != 0 && errno != EEXIST)) {
        g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", path, g_strerror (errno));
        break;
      }
      if (errno != EEXIST)
        folder = g_steal_pointer (&path);
      errno = 0;
    }
  }
  g_free (self->run);
  self->run = id;
  return folder;
}

static char *
new_run_cb (gpointer    user_data,
            const char *cell,
            GError    **error)
{
  TlSession       *self = user_data;
  g_autofree char *folder = new_run_folder (self, error);

  if (folder == NULL)
    return NULL;
  g_clear_pointer (&self->record, tl_run_record_free);
  self->record = tl_run_record_new (folder, self->snapshot != NULL ? self->snapshot->bytes : NULL, self->overrides,
                                    error);
  return self->record != NULL ? g_steal_pointer (&folder) : NULL;
}

static char *
resume_cb (gpointer    user_data,
           const char *cell)
{
  TlSession       *self = user_data;
  g_autofree char *folder = g_steal_pointer (&self->resume);

  return folder != NULL ? g_build_filename (folder, "checkpoint.safetensors", NULL) : NULL;
}

static void
started_cb (gpointer            user_data,
            const TlRunStarted *run)
{
  TlSession *self = user_data;
  TlEvent    event;

  tl_event_begin (&event, "run_started", self->cell);
  tl_event_add_string (&event, "run", self->run);
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
  tl_event_add_string (&event, "version", run->version);
  tl_event_add_string (&event, "train_fingerprint", run->train_fingerprint);
  tl_event_add_string (&event, "validation_fingerprint", run->validation_fingerprint);
  tl_event_add_int (&event, "resumed_step", (gint64)run->first_step);
  send (self, &event);
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
  tl_event_add_number (&event, "lr", step->lr);
  tl_event_add_number (&event, "samples_per_s", step->samples_per_s);
  tl_event_add_number (&event, "seconds_left", step->left_s);
  tl_event_add_number (&event, "progress", step->n_steps > 0 ? (double)step->step / (double)step->n_steps : 0);
  tl_event_add_int (&event, "bytes", (gint64)step->n_bytes);
  send (self, &event);
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
  send (self, &event);
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
message_cb (gpointer    user_data,
            const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  print_cb (user_data, line, strlen (line), TL_LUA_STREAM_NOTE);
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
  send (self, &event);
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
  send (self, &event);
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
  .message = message_cb,
  .checkpoint = checkpoint_cb,
  .finished = finished_cb,
  .interrupted = interrupted_cb,
  .failed = failed_cb,
};

/**
 * tl_session_new:
 * @options: how to run
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DEVICE
 *
 * Returns: (transfer full): a session, or %NULL
 */
TlSession *
tl_session_new (const TlSessionOptions *options,
                GError                **error)
{
  TlSession *self;
  TlLuaHost  host = { .print = print_cb, .find_model = find_model_cb, .training = { NULL, new_run_cb, resume_cb, trainer_cb, &run_sink }, .device = options->device };

  if (options->device != NULL && tl_device_find (options->device, error) == NULL)
    return NULL;
  self = g_new0 (TlSession, 1);
  self->options = *options;
  g_mutex_init (&self->lock);
  self->document_path = g_strdup (options->document_path);
  self->output = g_strdup (options->output);
  self->overrides = g_strdup (options->overrides);
  self->resume = g_strdup (options->resume);
  self->models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)tl_model_unref);
  self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->context = tl_context_new (options->n_threads);
  tl_context_make_current (self->context);
  if (options->has_seed)
    tl_context_set_seed (self->context, options->seed);
  host.training.user_data = self;
  self->lua = tl_lua_new (&host, self);
  return self;
}

/**
 * tl_session_free:
 * @self: (transfer full) (nullable): a session
 */
void
tl_session_free (TlSession *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->lua, tl_lua_free);
  g_clear_pointer (&self->record, tl_run_record_free);
  g_hash_table_unref (self->models);
  g_hash_table_unref (self->texts);
  g_clear_pointer (&self->snapshot, tl_snapshot_unref);
  g_clear_pointer (&self->context, tl_context_free);
  g_free (self->document_path);
  g_free (self->output);
  g_free (self->overrides);
  g_free (self->resume);
  g_free (self->run);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * tl_session_set_snapshot:
 * @self: a session
 * @snapshot: the document whose cells are to run
 *
 * Cells that ran before keep what they did; a graph cell whose text changed is read again.
 */
void
tl_session_set_snapshot (TlSession  *self,
                         TlSnapshot *snapshot)
{
  tl_snapshot_ref (snapshot);
  g_clear_pointer (&self->snapshot, tl_snapshot_unref);
  self->snapshot = snapshot;
  if (!self->options.has_seed && snapshot->has_seed &&
      tl_context_get_seed (self->context) != (guint64)snapshot->seed)
    tl_context_set_seed (self->context, (guint64)snapshot->seed);
}

static gboolean
run_lua (TlSession            *self,
         const TlSnapshotCell *cell,
         GError              **error)
{
  TlLuaResult result = { 0 };
  GError     *local = NULL;
  gboolean    ok = tl_lua_run_cell (self->lua, cell->id, cell->text, &result, &local);

  if (ok && result.value != NULL) {
    g_autofree char *line = g_strconcat (result.value, "\n", NULL);

    print_cb (self, line, strlen (line), TL_LUA_STREAM_VALUE);
  }
  if (!ok && !g_error_matches (local, TL_ERROR, TL_ERROR_CANCELLED)) {
    /* The event has the place in members of its own. */
    g_autofree char *place = g_strdup_printf ("%s:%u: ", result.error_cell != NULL ? result.error_cell : cell->id,
                                              result.error_line);

    if (g_str_has_prefix (local->message, place))
      memmove (local->message, local->message + strlen (place), strlen (local->message) - strlen (place) + 1);
    tell_error (self, result.error_cell != NULL ? result.error_cell : cell->id, result.error_line, NULL, local);
  }
  if (local != NULL)
    g_propagate_error (error, local);
  tl_lua_result_clear (&result);
  return ok;
}

/**
 * tl_session_run_cell:
 * @self: a session with a snapshot
 * @id: id of a cell
 * @error: return location for an error; it was told as an event too
 *
 * Runs a cell to its end, to an error, or until tl_session_cancel().
 *
 * Returns: whether it went well
 */
gboolean
tl_session_run_cell (TlSession  *self,
                     const char *id,
                     GError    **error)
{
  const TlSnapshotCell *cell = tl_snapshot_find (self->snapshot, id);
  gint64                start = g_get_monotonic_time ();
  GError               *local = NULL;
  gboolean              ok;
  TlEvent               event;

  if (cell == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "there is no cell \"%s\"", id);
    return FALSE;
  }
  self->cell = cell->id;
  tl_event_begin (&event, "cell_started", cell->id);
  send (self, &event);
  if (cell->kind == TL_CELL_GRAPH) {
    TlModel *model = get_model (self, cell->id, &local);

    ok = model != NULL;
    if (ok)
      tl_model_unref (model);
  } else {
    ok = run_lua (self, cell, &local);
  }
  g_clear_pointer (&self->record, tl_run_record_free);
  tl_event_begin (&event, "cell_finished", cell->id);
  tl_event_add_string (&event, "status",
                       ok                                                      ? "ok"
                       : g_error_matches (local, TL_ERROR, TL_ERROR_CANCELLED) ? "interrupted"
                                                                               : "error");
  tl_event_add_number (&event, "seconds", (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  send (self, &event);
  self->cell = NULL;
  if (local != NULL)
    g_propagate_error (error, local);
  return ok;
}

/**
 * tl_session_cancel:
 * @self: a session
 *
 * Abandons what runs: the step of a training, an operation, a Lua loop.
 */
void
tl_session_cancel (TlSession *self)
{
  tl_context_cancel (self->context);
}

/**
 * tl_session_clear_cancel:
 * @self: a session
 *
 * Forgets tl_session_cancel(), so that the next cell runs.
 */
void
tl_session_clear_cancel (TlSession *self)
{
  tl_context_clear_cancel (self->context);
}

/**
 * tl_session_control:
 * @self: a session
 * @action: "pause", "resume", "stop" (after the step, keeping what was learned) or "lr"
 * @value: the learning rate, for "lr"
 * @error: return location for an error
 *
 * Acts on the training that runs.
 *
 * Errors: %TL_ERROR_NAME, %TL_ERROR_VALUE, %TL_ERROR_UNSUPPORTED where no training runs
 *
 * Returns: whether it was passed on
 */
gboolean
tl_session_control (TlSession  *self,
                    const char *action,
                    double      value,
                    GError    **error)
{
  gboolean ok = FALSE;

  g_mutex_lock (&self->lock);
  if (self->trainer == NULL) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "no training is running");
  } else if (strcmp (action, "lr") == 0 && !(value >= 0 && value < G_MAXDOUBLE)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "lr: %g is no learning rate", value);
  } else if (strcmp (action, "lr") == 0) {
    tl_trainer_set_lr (self->trainer, value);
    ok = TRUE;
  } else if (strcmp (action, "pause") == 0 || strcmp (action, "resume") == 0) {
    tl_trainer_set_paused (self->trainer, action[0] == 'p');
    ok = TRUE;
  } else if (strcmp (action, "stop") == 0) {
    tl_trainer_stop (self->trainer);
    ok = TRUE;
  } else {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "a training knows pause, resume, stop and lr, not \"%s\"", action);
  }
  g_mutex_unlock (&self->lock);
  return ok;
}

/**
 * tl_session_get_lua:
 * @self: a session
 *
 * Returns: (transfer none): its Lua state, for help and completion
 */
TlLua *
tl_session_get_lua (TlSession *self)
{
  return self->lua;
}
