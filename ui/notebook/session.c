/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/session-private.h"

#include <glib/gstdio.h>

#include "app/document/document-folder.h"

#define NOTIFY_INTERVAL_MS 33

/* Curves are drawn by the processors that train. */
#define TRAINING_INTERVAL_US 100000

G_DEFINE_FINAL_TYPE (TlSession, tl_session, G_TYPE_OBJECT)

enum {
  SIGNAL_OUTPUTS_CHANGED,
  SIGNAL_TRAINING_CHANGED,
  SIGNAL_KERNEL_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

/* --- telling ------------------------------------------------------------------------------------------------------- */

static gboolean
notify_cb (gpointer user_data)
{
  TlSession             *self = user_data;
  g_autoptr (GHashTable) dirty = self->dirty;
  GHashTableIter         iter;
  gpointer               id;

  self->notify_id = 0;
  self->dirty = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_iter_init (&iter, dirty);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_signal_emit (self, signals[SIGNAL_OUTPUTS_CHANGED], 0, id);
  if (self->training_dirty) {
    gint64 now = g_get_monotonic_time ();

    if (now - self->training_told_us >= TRAINING_INTERVAL_US || self->training == NULL || !tl_training_is_live (self->training)) {
      self->training_dirty = FALSE;
      self->training_told_us = now;
      g_signal_emit (self, signals[SIGNAL_TRAINING_CHANGED], 0);
    } else {
      tl_session_queue_notify (self, NULL);
    }
  }
  return G_SOURCE_REMOVE;
}

void
tl_session_queue_notify (TlSession  *self,
                         const char *id)
{
  if (id != NULL)
    g_hash_table_add (self->dirty, g_strdup (id));
  if (self->notify_id == 0)
    self->notify_id = g_timeout_add (NOTIFY_INTERVAL_MS, notify_cb, self);
}

/* --- outputs ------------------------------------------------------------------------------------------------------- */

static TlOutputs *
ensure_outputs (TlSession  *self,
                const char *id)
{
  TlOutputs *outputs = g_hash_table_lookup (self->outputs, id);

  if (outputs == NULL) {
    outputs = tl_outputs_new (id);
    g_hash_table_insert (self->outputs, outputs->id, outputs);
  }
  return outputs;
}

/* --- events of the kernel -------------------------------------------------------------------------------------------- */

static const char *
get_string (JsonObject *event,
            const char *name)
{
  JsonNode *node = json_object_get_member (event, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static double
get_number (JsonObject *event,
            const char *name,
            double      otherwise)
{
  JsonNode *node = json_object_get_member (event, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) == G_TYPE_STRING)
    return otherwise;
  return json_node_get_double (node);
}

static void
finish_cell (TlSession  *self,
             TlOutputs  *outputs,
             JsonObject *event)
{
  const char *status = get_string (event, "status");

  outputs->status = g_strcmp0 (status, "ok") == 0            ? TL_CELL_DONE
                    : g_strcmp0 (status, "interrupted") == 0 ? TL_CELL_INTERRUPTED
                                                             : TL_CELL_ERROR;
  outputs->seconds = get_number (event, "seconds", -1);
  outputs->started_us = 0;
  tl_session_write_outputs (self, outputs);
}

static void
take_cell_event (TlSession  *self,
                 const char *type,
                 const char *id,
                 JsonObject *event)
{
  TlOutputs *outputs = ensure_outputs (self, id);

  if (g_str_equal (type, "cell_started")) {
    TlCell *cell = tl_document_find_cell (self->document, id);

    tl_outputs_clear (outputs);
    if (outputs->status != TL_CELL_QUEUED && cell != NULL)
      outputs->text_hash = g_str_hash (tl_cell_get_text (cell, NULL));
    outputs->status = TL_CELL_RUNNING;
    outputs->started_us = g_get_monotonic_time ();
    outputs->seconds = -1;
  } else if (g_str_equal (type, "cell_finished")) {
    finish_cell (self, outputs, event);
  } else if (g_str_equal (type, "output") && get_string (event, "text") != NULL) {
    tl_outputs_add_text (outputs, get_string (event, "stream") != NULL ? get_string (event, "stream") : "print",
                         get_string (event, "text"));
  } else if (g_str_equal (type, "error") && get_string (event, "message") != NULL) {
    tl_outputs_add_error (outputs, (guint)CLAMP (get_number (event, "line", 0), 0, 1e9), get_string (event, "node"),
                          get_string (event, "message"));
  }
  tl_session_queue_notify (self, id);
}

static void
event_cb (TlKernelClient *kernel,
          const char     *type,
          const char     *cell,
          JsonObject     *event,
          gpointer        user_data)
{
  TlSession *self = user_data;

  if (self->training == NULL && g_str_equal (type, "run_started"))
    self->training = tl_training_new ();
  if (self->training != NULL && tl_training_take_event (self->training, type, event)) {
    self->training_dirty = TRUE;
    tl_session_queue_notify (self, NULL);
    if (g_str_equal (type, "run_finished"))
      tl_session_refine_training (self);
  } else if (cell != NULL && *cell != '\0') {
    take_cell_event (self, type, cell, event);
  }
}

/* Cells that waited or ran when the kernel went away are not running any more. */
static void
settle_cells (TlSession *self)
{
  GHashTableIter iter;
  TlOutputs     *outputs;

  g_hash_table_iter_init (&iter, self->outputs);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&outputs)) {
    if (outputs->status != TL_CELL_RUNNING && outputs->status != TL_CELL_QUEUED)
      continue;
    outputs->status = outputs->status == TL_CELL_RUNNING ? TL_CELL_INTERRUPTED : TL_CELL_NEW;
    outputs->started_us = 0;
    tl_session_queue_notify (self, outputs->id);
  }
  if (self->training != NULL && tl_training_is_live (self->training)) {
    self->training->status = TL_TRAINING_INTERRUPTED;
    self->training_dirty = TRUE;
    tl_session_queue_notify (self, NULL);
  }
}

static void
state_changed_cb (TlKernelClient *kernel,
                  gpointer        user_data)
{
  TlSession    *self = user_data;
  TlKernelState state = tl_kernel_client_get_state (kernel);

  if (state == TL_KERNEL_ENDED || state == TL_KERNEL_FAILED)
    settle_cells (self);
  g_signal_emit (self, signals[SIGNAL_KERNEL_CHANGED], 0);
}

/* --- public ---------------------------------------------------------------------------------------------------------- */

TlDocument *
tl_session_get_document (TlSession *self)
{
  g_return_val_if_fail (TL_IS_SESSION (self), NULL);

  return self->document;
}

TlKernelClient *
tl_session_get_kernel (TlSession *self)
{
  g_return_val_if_fail (TL_IS_SESSION (self), NULL);

  return self->kernel;
}

gboolean
tl_session_is_busy (TlSession *self)
{
  TlKernelState state;

  g_return_val_if_fail (TL_IS_SESSION (self), FALSE);

  state = tl_kernel_client_get_state (self->kernel);
  return state == TL_KERNEL_BUSY || state == TL_KERNEL_STOPPING;
}

const TlTraining *
tl_session_get_training (TlSession *self)
{
  g_return_val_if_fail (TL_IS_SESSION (self), NULL);

  return self->training;
}

const TlOutputs *
tl_session_get_outputs (TlSession  *self,
                        const char *id)
{
  g_return_val_if_fail (TL_IS_SESSION (self), NULL);

  return id != NULL ? g_hash_table_lookup (self->outputs, id) : NULL;
}

gboolean
tl_session_is_stale (TlSession *self,
                     TlCell    *cell)
{
  const TlOutputs *outputs = tl_session_get_outputs (self, tl_cell_get_id (cell));

  return outputs != NULL && outputs->status != TL_CELL_NEW && outputs->text_hash != 0 && outputs->text_hash != g_str_hash (tl_cell_get_text (cell, NULL));
}

static void
add_cell (GVariantBuilder *builder,
          TlCell          *cell)
{
  g_autofree char *text = g_utf8_make_valid (tl_cell_get_text (cell, NULL), -1);

  g_variant_builder_add (builder, "(sss)", tl_cell_get_id (cell), tl_cell_kind_to_string (tl_cell_get_kind (cell)), text);
}

static void
run_cells (TlSession *self,
           TlCell    *only)
{
  GVariantBuilder known;
  GVariantBuilder cells;
  guint           n_cells = 0;

  tl_document_break_typing (self->document);
  g_variant_builder_init (&known, G_VARIANT_TYPE ("a(sss)"));
  g_variant_builder_init (&cells, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < tl_document_get_n_cells (self->document); i++) {
    TlCell    *cell = tl_document_get_cell (self->document, i);
    TlOutputs *outputs;

    if (tl_cell_get_kind (cell) == TL_CELL_TEXT || tl_cell_get_id (cell) == NULL)
      continue;
    if (tl_cell_get_kind (cell) == TL_CELL_GRAPH)
      add_cell (&known, cell);
    if (only != NULL && only != cell)
      continue;
    add_cell (&cells, cell);
    n_cells++;
    outputs = ensure_outputs (self, tl_cell_get_id (cell));
    outputs->status = TL_CELL_QUEUED;
    outputs->text_hash = g_str_hash (tl_cell_get_text (cell, NULL));
    tl_session_queue_notify (self, outputs->id);
  }
  if (n_cells > 0) {
    tl_kernel_client_run (self->kernel, g_variant_builder_end (&known), g_variant_builder_end (&cells));
  } else {
    g_variant_builder_clear (&known);
    g_variant_builder_clear (&cells);
  }
}

void
tl_session_run_cell (TlSession *self,
                     TlCell    *cell)
{
  g_return_if_fail (TL_IS_SESSION (self));
  g_return_if_fail (TL_IS_CELL (cell));

  run_cells (self, cell);
}

void
tl_session_run_all (TlSession *self)
{
  g_return_if_fail (TL_IS_SESSION (self));

  run_cells (self, NULL);
}

void
tl_session_interrupt (TlSession *self)
{
  GHashTableIter iter;
  TlOutputs     *outputs;

  g_return_if_fail (TL_IS_SESSION (self));

  tl_kernel_client_interrupt (self->kernel);
  g_hash_table_iter_init (&iter, self->outputs);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&outputs))
    if (outputs->status == TL_CELL_QUEUED) {
      outputs->status = TL_CELL_NEW;
      tl_session_queue_notify (self, outputs->id);
    }
}

void
tl_session_restart (TlSession *self)
{
  g_return_if_fail (TL_IS_SESSION (self));

  settle_cells (self);
  tl_kernel_client_restart (self->kernel);
}

void
tl_session_clear_outputs (TlSession *self)
{
  GHashTableIter iter;
  TlOutputs     *outputs;

  g_return_if_fail (TL_IS_SESSION (self));

  g_hash_table_iter_init (&iter, self->outputs);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&outputs)) {
    tl_outputs_clear (outputs);
    if (outputs->status != TL_CELL_RUNNING && outputs->status != TL_CELL_QUEUED) {
      outputs->status = TL_CELL_NEW;
      outputs->seconds = -1;
    }
    tl_session_write_outputs (self, outputs);
    tl_session_queue_notify (self, outputs->id);
  }
}

void
tl_session_set_paused (TlSession *self,
                       gboolean   paused)
{
  g_return_if_fail (TL_IS_SESSION (self));

  if (self->training == NULL || !tl_training_is_live (self->training))
    return;
  tl_kernel_client_control (self->kernel, self->training->run, paused ? "pause" : "resume", NULL);
  self->training->status = paused ? TL_TRAINING_PAUSED : TL_TRAINING_RUNNING;
  self->training_dirty = TRUE;
  tl_session_queue_notify (self, NULL);
}

void
tl_session_set_lr (TlSession *self,
                   double     lr)
{
  g_return_if_fail (TL_IS_SESSION (self));

  if (self->training == NULL || !tl_training_is_live (self->training) || !(lr >= 0))
    return;
  tl_kernel_client_control (self->kernel, self->training->run, "lr", g_variant_new_double (lr));
  self->training->lr = lr;
  self->training_dirty = TRUE;
  tl_session_queue_notify (self, NULL);
}

void
tl_session_stop_training (TlSession *self)
{
  g_return_if_fail (TL_IS_SESSION (self));

  if (self->training != NULL && tl_training_is_live (self->training))
    tl_kernel_client_control (self->kernel, self->training->run, "stop", NULL);
}

void
tl_session_end_kernel (TlSession *self)
{
  g_return_if_fail (TL_IS_SESSION (self));

  tl_kernel_client_detach (self->kernel, TRUE);
}

void
tl_session_close (TlSession *self,
                  gboolean   keep_journal)
{
  g_return_if_fail (TL_IS_SESSION (self));

  if (self->is_closed)
    return;
  self->is_closed = TRUE;
  tl_kernel_client_detach (self->kernel, !tl_session_is_busy (self));
  if (self->journal != NULL && keep_journal)
    tl_journal_keep (g_steal_pointer (&self->journal));
  else if (self->journal != NULL)
    tl_journal_close (g_steal_pointer (&self->journal));
}

static void
tl_session_dispose (GObject *object)
{
  TlSession *self = TL_SESSION (object);

  if (self->kernel != NULL) {
    g_signal_handlers_disconnect_by_data (self->kernel, self);
    tl_session_close (self, FALSE);
  }
  g_clear_handle_id (&self->notify_id, g_source_remove);
  g_clear_object (&self->kernel);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (tl_session_parent_class)->dispose (object);
}

static void
tl_session_finalize (GObject *object)
{
  TlSession *self = TL_SESSION (object);

  tl_training_free (self->training);
  g_hash_table_unref (self->outputs);
  g_hash_table_unref (self->dirty);
  G_OBJECT_CLASS (tl_session_parent_class)->finalize (object);
}

static void
tl_session_class_init (TlSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tl_session_dispose;
  object_class->finalize = tl_session_finalize;

  signals[SIGNAL_OUTPUTS_CHANGED] = g_signal_new ("outputs-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_TRAINING_CHANGED] = g_signal_new ("training-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                   NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_KERNEL_CHANGED] = g_signal_new ("kernel-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
tl_session_init (TlSession *self)
{
  self->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)tl_outputs_free);
  self->dirty = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

TlSession *
tl_session_new (TlDocument *document,
                TlJournal  *journal)
{
  TlSession *self = g_object_new (TL_TYPE_SESSION, NULL);

  self->document = g_object_ref (document);
  self->journal = journal != NULL ? journal : tl_journal_attach (document, NULL);
  self->kernel = tl_kernel_client_new (tl_document_get_path (document));
  g_signal_connect (self->kernel, "event", G_CALLBACK (event_cb), self);
  g_signal_connect (self->kernel, "state-changed", G_CALLBACK (state_changed_cb), self);
  tl_session_load (self);
  tl_kernel_client_attach (self->kernel);
  return self;
}
