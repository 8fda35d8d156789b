/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kernel/server.h"

#include <string.h>
#include <unistd.h>

#include "app/document/cell.h"
#include "app/document/document.h"
#include "app/kernel/prediction.h"
#include "app/kernel/server-private.h"
#include "core/base/error.h"

static const char *const state_names[] = { "idle", "busy", "stopping" };

static void
request_free (Request *request)
{
  g_variant_unref (request->cells);
  g_free (request);
}

static void
known_clear (gpointer data)
{
  TlSnapshotCell *cell = data;

  g_free (cell->id);
  g_free (cell->text);
}

void
tl_server_event_cb (const char *type,
                    const char *cell,
                    const char *json,
                    gpointer    user_data)
{
  TlServer *self = user_data;

  tl_event_log_add (self->log, type, cell, json);
}

/* --- from any thread ------------------------------------------------------------------------------------------------ */

const char *
tl_server_get_state (TlServer *self)
{
  return state_names[self->state];
}

static void
set_state (TlServer *self,
           State     state)
{
  TlEventSink sink = { tl_server_event_cb, self };
  TlEvent     event;

  self->last_active_us = g_get_monotonic_time ();
  if (self->state == state)
    return;
  self->state = state;
  tl_event_begin (&event, "state", NULL);
  tl_event_add_string (&event, "state", state_names[state]);
  tl_event_send (&event, &sink);
}

/* Tells of a cell that was asked for and will not run. */
static void
tell_dropped (TlServer *self,
              GVariant *cells,
              gsize     first)
{
  TlEventSink sink = { tl_server_event_cb, self };

  for (gsize i = first; i < g_variant_n_children (cells); i++) {
    const char *id, *kind;
    TlEvent     event;

    g_variant_get_child (cells, i, "(&s&s&s)", &id, &kind, NULL);
    if (strcmp (kind, "text") == 0)
      continue;
    tl_event_begin (&event, "cell_finished", id);
    tl_event_add_string (&event, "status", "interrupted");
    tl_event_add_number (&event, "seconds", 0);
    tl_event_send (&event, &sink);
  }
}

guint64
tl_server_queue (TlServer *self,
                 GVariant *cells,
                 gboolean  run)
{
  Request *request = g_new0 (Request, 1);
  guint64  number;

  request->cells = g_variant_ref (cells);
  request->run = run;
  g_mutex_lock (&self->lock);
  number = ++self->n_requests;
  g_queue_push_tail (&self->requests, request);
  if (run && self->state == STATE_IDLE)
    set_state (self, STATE_BUSY);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  return number;
}

void
tl_server_ask (TlServer              *self,
               GDBusMethodInvocation *call,
               const char            *run,
               guint64                index)
{
  Question *question = g_new0 (Question, 1);

  *question = (Question){ g_object_ref (call), g_strdup (run), index };
  g_mutex_lock (&self->lock);
  self->last_active_us = g_get_monotonic_time ();
  g_queue_push_tail (&self->questions, question);
  g_atomic_int_inc (&self->n_questions);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* The flag first, without the lock: a cell that prints without end must not delay it.  take_cell() clears a flag that came too late. */
void
tl_server_interrupt (TlServer *self,
                     gboolean  quit)
{
  tl_session_cancel (self->session);
  g_mutex_lock (&self->lock);
  self->quit |= quit;
  self->stop = TRUE;
  for (GList *at = self->requests.head; at != NULL; at = at->next) {
    Request *request = at->data;

    if (request->run)
      tell_dropped (self, request->cells, 0);
    request->run = FALSE; /* its texts are still news */
  }
  if (self->state == STATE_BUSY || quit)
    set_state (self, STATE_STOPPING);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* --- the session's thread --------------------------------------------------------------------------------------------- */

static void
learn (TlServer *self,
       GVariant *cells)
{
  GVariantIter iter;
  const char  *id, *kind, *text;

  g_variant_iter_init (&iter, cells);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &kind, &text)) {
    TlSnapshotCell *cell = NULL;

    for (guint i = 0; i < self->known->len && cell == NULL; i++)
      if (strcmp (g_array_index (self->known, TlSnapshotCell, i).id, id) == 0)
        cell = &g_array_index (self->known, TlSnapshotCell, i);
    if (cell == NULL) {
      g_array_set_size (self->known, self->known->len + 1);
      cell = &g_array_index (self->known, TlSnapshotCell, self->known->len - 1);
      cell->id = g_strdup (id);
    }
    g_free (cell->text);
    cell->text = g_strdup (text);
    cell->kind = strcmp (kind, "graph") == 0 ? TL_CELL_GRAPH : strcmp (kind, "lua") == 0 ? TL_CELL_LUA
                                                                                         : TL_CELL_TEXT;
  }
}

/* The seed stands in the front matter of the file; without a file or with a broken one it is the default. */
static void
publish_snapshot (TlServer *self)
{
  g_autoptr (TlSnapshot) snapshot = NULL;
  g_autoptr (TlSnapshot) file = NULL;
  g_autoptr (TlDocument) document = NULL;
  g_autofree char       *data = NULL;
  gsize                  n_bytes;

  if (self->document_path != NULL && g_file_get_contents (self->document_path, &data, &n_bytes, NULL)) {
    g_autoptr (GBytes) bytes = g_bytes_new_take (g_steal_pointer (&data), n_bytes);

    document = tl_document_new_from_bytes (bytes, NULL);
  }
  if (document != NULL)
    file = tl_document_snapshot (document);
  snapshot = tl_snapshot_new_from_cells (self->document_path, (const TlSnapshotCell *)self->known->data, self->known->len,
                                         file != NULL && file->has_seed, file != NULL ? file->seed : 0);
  tl_session_set_snapshot (self->session, snapshot);
}

/* Whether the next cell of the request may run.  From here on an interrupt is meant for it. */
static gboolean
take_cell (TlServer   *self,
           const char *id)
{
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = !self->stop;
  if (ok)
    tl_session_clear_cancel (self->session);
  g_free (self->cell);
  self->cell = g_strdup (ok ? id : "");
  g_mutex_unlock (&self->lock);
  return ok;
}

/* As in a batch, what comes after a cell that failed does not run. */
static void
run_request (TlServer *self,
             GVariant *cells)
{
  gboolean ok = TRUE;
  gsize    i;

  for (i = 0; i < g_variant_n_children (cells) && ok; i++) {
    g_autoptr (GError) error = NULL; /* told as an event */
    const char        *id, *kind;

    g_variant_get_child (cells, i, "(&s&s&s)", &id, &kind, NULL);
    if (strcmp (kind, "text") == 0)
      continue;
    if (!take_cell (self, id))
      break;
    ok = tl_session_run_cell (self->session, id, &error);
  }
  tell_dropped (self, cells, i);
}

static void
answer (TlServer *self,
        Question *question)
{
  g_autoptr (GError)       error = NULL;
  TlPredictor             *predictor = tl_session_get_predictor (self->session, question->run, &error);
  g_autoptr (TlPrediction) found = predictor != NULL ? tl_prediction_new (predictor, question->index, &error) : NULL;

  if (found == NULL) {
    g_dbus_method_invocation_return_dbus_error (question->call, TL_SERVER_ERROR, error->message);
    return;
  }
  g_dbus_method_invocation_return_value (
    question->call,
    g_variant_new ("(uuu@ay^as@adit)", found->width, found->height, found->channels,
                   g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, found->pixels,
                                              (gsize)found->width * found->height * found->channels, 1),
                   found->classes,
                   g_variant_new_fixed_array (G_VARIANT_TYPE_DOUBLE, found->probabilities, found->n_classes, sizeof (double)),
                   found->truth, (guint64)found->n_items));
}

static void
question_free (Question *question)
{
  g_object_unref (question->call);
  g_free (question->run);
  g_free (question);
}

/* Between cells, and between the steps of a training. */
static void
answer_questions (gpointer user_data)
{
  TlServer *self = user_data;

  while (g_atomic_int_get (&self->n_questions) > 0) {
    Question *question;

    g_mutex_lock (&self->lock);
    question = g_queue_pop_head (&self->questions);
    g_mutex_unlock (&self->lock);
    if (question == NULL)
      return;
    g_atomic_int_add (&self->n_questions, -1);
    answer (self, question);
    question_free (question);
  }
}

static void
serve_requests (TlServer *self)
{
  g_mutex_lock (&self->lock);
  while (!self->quit) {
    Request *request = g_queue_pop_head (&self->requests);

    if (request == NULL) {
      set_state (self, STATE_IDLE);
      if (g_queue_is_empty (&self->questions)) {
        g_cond_wait (&self->wake, &self->lock);
        continue;
      }
      tl_session_clear_cancel (self->session); /* nothing runs that it was meant for */
      g_mutex_unlock (&self->lock);
      answer_questions (self);
      g_mutex_lock (&self->lock);
      continue;
    }
    if (request->run)
      set_state (self, STATE_BUSY);
    self->stop = FALSE; /* an interrupt before this one has turned it into one that only tells */
    g_mutex_unlock (&self->lock);
    learn (self, request->cells);
    if (request->run) {
      publish_snapshot (self);
      run_request (self, request->cells);
    }
    request_free (request);
    g_mutex_lock (&self->lock);
    g_free (self->cell);
    self->cell = g_strdup ("");
  }
  g_mutex_unlock (&self->lock);
}

/* --- life ------------------------------------------------------------------------------------------------------------- */

static void
server_clear (TlServer *self)
{
  g_clear_pointer (&self->session, tl_session_free);
  g_queue_clear_full (&self->requests, (GDestroyNotify)request_free);
  g_queue_clear_full (&self->questions, (GDestroyNotify)question_free);
  g_clear_pointer (&self->known, g_array_unref);
  g_clear_pointer (&self->log, tl_event_log_free);
  g_free (self->document_path);
  g_free (self->socket_path);
  g_free (self->cell);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
}

/**
 * tl_server_run:
 * @options: what to serve, and where
 * @error: return location for an error
 *
 * Serves until Shutdown, SIGTERM, SIGINT, SIGHUP, or until nobody was there for a while.  The socket is the user's alone; one that a dead
 * kernel left behind is replaced.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_DEVICE; before the standard streams are taken
 *
 * Returns: whether it served
 */
gboolean
tl_server_run (const TlServerOptions *options,
               GError               **error)
{
  TlServer         self = { .idle_s = options->idle_s > 0 ? options->idle_s : 600 };
  TlSessionOptions session = { .n_threads = options->n_threads, .device = options->device, .document_path = options->document_path };
  gboolean         ok;

  g_mutex_init (&self.lock);
  g_cond_init (&self.wake);
  g_queue_init (&self.requests);
  g_queue_init (&self.questions);
  self.log = tl_event_log_new ();
  self.known = g_array_new (FALSE, TRUE, sizeof (TlSnapshotCell));
  g_array_set_clear_func (self.known, known_clear);
  self.document_path = g_strdup (options->document_path);
  self.socket_path = g_strdup (options->socket_path);
  self.cell = g_strdup ("");
  self.last_active_us = g_get_monotonic_time ();
  session.sink = (TlEventSink){ tl_server_event_cb, &self };
  session.idle = answer_questions;
  self.session = tl_session_new (&session, error);
  ok = self.session != NULL && tl_server_start (&self, error);
  if (ok) {
    serve_requests (&self);
    tl_server_stop (&self);
  }
  server_clear (&self);
  return ok;
}
