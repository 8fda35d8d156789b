/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/document/cell.h"
#include "app/kernel/session-private.h"
#include "core/base/error.h"

/* Bytes of text in one event: quoted and made valid it may grow sixfold, and a message stays under 256 KiB. */
#define MAX_TEXT_BYTES (32 * 1024)

void
tl_session_send (TlSession *self,
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

void
tl_session_tell_error (TlSession    *self,
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
  tl_session_send (self, &event);
}

/* Long text is told in pieces that end between characters. */
void
tl_session_print (TlSession  *self,
                  const char *text,
                  gsize       n_bytes,
                  TlLuaStream stream)
{
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
    tl_session_send (self, &event);
    text += n;
    n_bytes -= n;
  } while (n_bytes > 0);
}

static void
print_cb (gpointer    user_data,
          const char *text,
          gsize       n_bytes,
          TlLuaStream stream)
{
  tl_session_print (user_data, text, n_bytes, stream);
}

static TlModel *
find_model_cb (gpointer    user_data,
               const char *name,
               GError    **error)
{
  return tl_session_get_model (user_data, name, error);
}

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
  TlLuaHost  host = { .print = print_cb, .find_model = find_model_cb, .training = tl_session_training_host, .device = options->device };

  if (options->device != NULL && tl_device_find (options->device, error) == NULL)
    return NULL;
  self = g_new0 (TlSession, 1);
  self->options = *options;
  g_mutex_init (&self->lock);
  self->document_path = g_strdup (options->document_path);
  self->output = g_strdup (options->output);
  self->overrides = g_strdup (options->overrides);
  self->resume = g_strdup (options->resume);
  self->resume_run = options->resume_run;
  self->models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)tl_model_unref);
  self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->reading = g_ptr_array_new ();
  self->broken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
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
  tl_session_clear_predictor (self);
  g_clear_pointer (&self->lua, tl_lua_free);
  g_clear_pointer (&self->record, tl_run_record_free);
  g_hash_table_unref (self->models);
  g_hash_table_unref (self->texts);
  g_ptr_array_unref (self->reading);
  g_hash_table_unref (self->broken);
  g_clear_pointer (&self->snapshot, tl_snapshot_unref);
  g_clear_pointer (&self->context, tl_context_free);
  g_free (self->document_path);
  g_free (self->output);
  g_free (self->overrides);
  g_free (self->resume);
  g_free (self->resumed);
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

    tl_session_print (self, line, strlen (line), TL_LUA_STREAM_VALUE);
  }
  if (!ok && !g_error_matches (local, TL_ERROR, TL_ERROR_CANCELLED)) {
    /* The event has the place in members of its own. */
    g_autofree char *place = g_strdup_printf ("%s:%u: ", result.error_cell != NULL ? result.error_cell : cell->id,
                                              result.error_line);

    if (g_str_has_prefix (local->message, place))
      memmove (local->message, local->message + strlen (place), strlen (local->message) - strlen (place) + 1);
    tl_session_tell_error (self, result.error_cell != NULL ? result.error_cell : cell->id, result.error_line, NULL, local);
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
  g_hash_table_remove_all (self->broken);
  tl_event_begin (&event, "cell_started", cell->id);
  tl_session_send (self, &event);
  ok = cell->kind == TL_CELL_GRAPH ? tl_session_run_graph (self, cell, &local) : run_lua (self, cell, &local);
  g_clear_pointer (&self->record, tl_run_record_free);
  tl_event_begin (&event, "cell_finished", cell->id);
  tl_event_add_string (&event, "status",
                       ok                                                      ? "ok"
                       : g_error_matches (local, TL_ERROR, TL_ERROR_CANCELLED) ? "interrupted"
                                                                               : "error");
  tl_event_add_number (&event, "seconds", (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  tl_session_send (self, &event);
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
