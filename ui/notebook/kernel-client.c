/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/kernel-client.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "ui/kernel1-proxy.h"
#include "ui/notebook/kernel-spawn.h"

#include "config.h"

#define PROTOCOL_VERSION 1
#define CONNECT_INTERVAL_MS 40
#define CONNECT_TIMEOUT_MS 15000
#define ACKNOWLEDGE_INTERVAL_MS 250
#define GAP_MS 60
#define OBJECT_PATH "/org/trellisml/Kernel1"

typedef struct {
  GVariant *known;
  GVariant *cells;
} Request;

struct _TlKernelClient {
  GObject parent_instance;

  /* owned */
  char            *document_path;
  char            *socket_path;
  char            *error;
  TlKernel1       *proxy;
  GDBusConnection *connection;
  GSubprocess     *process;
  GCancellable    *cancellable;
  GQueue           waiting; /* of Request, until attached */
  GQueue           pending; /* of Pending, by number */

  TlKernelState state;
  gboolean      may_spawn;
  gboolean      spawned;
  gboolean      restarting;
  gboolean      attached; /* Attach was answered */
  gint64        deadline_us;
  guint         retry_id;
  guint         acknowledge_id;
  guint         gap_id;
  guint64       last_seq;
  guint64       acknowledged_seq;
};

G_DEFINE_FINAL_TYPE (TlKernelClient, tl_kernel_client, G_TYPE_OBJECT)

enum {
  SIGNAL_STATE_CHANGED,
  SIGNAL_ATTACHED,
  SIGNAL_EVENT,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void try_connect (TlKernelClient *self);

static void
request_free (gpointer data)
{
  Request *request = data;

  g_variant_unref (request->known);
  g_variant_unref (request->cells);
  g_free (request);
}

static void
set_state (TlKernelClient *self,
           TlKernelState   state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0);
}

static void
fail (TlKernelClient *self,
      const char     *message)
{
  g_free (self->error);
  self->error = g_strdup (message);
  g_queue_clear_full (&self->waiting, request_free);
  set_state (self, TL_KERNEL_FAILED);
}

static void pending_free (gpointer data);
static void deliver_pending (TlKernelClient *self,
                             gboolean        all);

static void
lost (TlKernelClient *self)
{
  gboolean was_attached = self->attached;

  /* What a kernel said last may say why it ended. */
  deliver_pending (self, TRUE);
  self->attached = FALSE;
  g_clear_handle_id (&self->gap_id, g_source_remove);
  g_queue_clear_full (&self->pending, pending_free);
  g_clear_handle_id (&self->acknowledge_id, g_source_remove);
  g_clear_object (&self->proxy);
  g_clear_object (&self->connection);
  if (self->restarting) {
    self->restarting = FALSE;
    tl_kernel_client_start (self);
  } else if (was_attached || self->state == TL_KERNEL_STARTING) {
    g_queue_clear_full (&self->waiting, request_free);
    set_state (self, TL_KERNEL_ENDED);
  }
}

static void
closed_cb (GDBusConnection *connection,
           gboolean         remote_peer_vanished,
           GError          *error,
           gpointer         user_data)
{
  TlKernelClient *self = user_data;

  if (connection == self->connection)
    lost (self);
}

static TlKernelState
parse_state (const char *name)
{
  if (g_strcmp0 (name, "busy") == 0)
    return TL_KERNEL_BUSY;
  if (g_strcmp0 (name, "stopping") == 0)
    return TL_KERNEL_STOPPING;
  return TL_KERNEL_IDLE;
}

/*
 * Events in the order of their numbers.  A kernel that is at work sends new events while it still repeats old ones, and it
 * may leave numbers out where steps were coalesced; so what comes early waits a moment for what belongs before it.
 */
typedef struct {
  guint64 seq;
  char   *type;
  char   *cell;
  char   *json;
} Pending;

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_free (pending->type);
  g_free (pending->cell);
  g_free (pending->json);
  g_free (pending);
}

static void
deliver (TlKernelClient *self,
         const Pending  *pending)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode              *root;
  JsonObject            *event;

  self->last_seq = pending->seq;
  if (!json_parser_load_from_data (parser, pending->json, -1, NULL))
    return;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return;
  event = json_node_get_object (root);
  if (g_str_equal (pending->type, "state"))
    set_state (self, parse_state (json_object_get_string_member_with_default (event, "state", "idle")));
  g_signal_emit (self, signals[SIGNAL_EVENT], 0, pending->type, pending->cell, event);
}

/* Delivers what is next; with @all also what stands behind a gap. */
static void
deliver_pending (TlKernelClient *self,
                 gboolean        all)
{
  Pending *first;

  while (self->attached && (first = g_queue_peek_head (&self->pending)) != NULL) {
    if (!all && first->seq > self->last_seq + 1)
      break;
    g_queue_pop_head (&self->pending);
    if (first->seq > self->last_seq)
      deliver (self, first);
    pending_free (first);
  }
}

static gboolean
gap_cb (gpointer user_data)
{
  TlKernelClient *self = user_data;

  self->gap_id = 0;
  deliver_pending (self, TRUE);
  return G_SOURCE_REMOVE;
}

static int
compare_pending (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  const Pending *x = a;
  const Pending *y = b;

  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void
event_cb (TlKernel1  *proxy,
          guint64     seq,
          const char *type,
          const char *cell,
          const char *json,
          gpointer    user_data)
{
  TlKernelClient *self = user_data;
  Pending        *pending;
  Pending        *last = g_queue_peek_tail (&self->pending);

  if (seq <= self->last_seq)
    return;
  pending = g_new0 (Pending, 1);
  *pending = (Pending){ seq, g_strdup (type), g_strdup (cell), g_strdup (json) };
  if (last == NULL || last->seq < seq)
    g_queue_push_tail (&self->pending, pending);
  else
    g_queue_insert_sorted (&self->pending, pending, compare_pending, NULL);
  deliver_pending (self, FALSE);
  if (!g_queue_is_empty (&self->pending) && self->gap_id == 0)
    self->gap_id = g_timeout_add (GAP_MS, gap_cb, self);
}

static gboolean
acknowledge_cb (gpointer user_data)
{
  TlKernelClient *self = user_data;

  if (self->last_seq > self->acknowledged_seq && self->proxy != NULL) {
    self->acknowledged_seq = self->last_seq;
    tl_kernel1_call_acknowledge (self->proxy, self->last_seq, NULL, NULL, NULL);
  }
  return G_SOURCE_CONTINUE;
}

static void
send_request (TlKernelClient *self,
              Request        *request)
{
  if (g_variant_n_children (request->known) > 0)
    tl_kernel1_call_set_cells (self->proxy, request->known, NULL, NULL, NULL);
  tl_kernel1_call_run_cells (self->proxy, request->cells, self->cancellable, NULL, NULL);
}

static void
attach_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (TlKernelClient) self = user_data;
  g_autoptr (GError)         error = NULL;
  g_autoptr (GVariant)       info = NULL;
  g_autofree char           *state = NULL;
  guint                      version = 0;
  guint64                    first_seq = 0;
  Request                   *request;

  if (!tl_kernel1_call_attach_finish (TL_KERNEL1 (source), &version, &state, &first_seq, &info, result, &error)) {
    if (TL_KERNEL1 (source) == self->proxy)
      fail (self, error->message);
    return;
  }
  if (TL_KERNEL1 (source) != self->proxy)
    return;
  self->attached = TRUE;
  self->acknowledge_id = g_timeout_add (ACKNOWLEDGE_INTERVAL_MS, acknowledge_cb, self);
  set_state (self, parse_state (state));
  self->last_seq = first_seq > 0 ? first_seq - 1 : 0;
  deliver_pending (self, FALSE);
  if (!g_queue_is_empty (&self->pending) && self->gap_id == 0)
    self->gap_id = g_timeout_add (GAP_MS, gap_cb, self);
  while ((request = g_queue_pop_head (&self->waiting)) != NULL) {
    send_request (self, request);
    request_free (request);
  }
}

static void
proxy_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (TlKernelClient) self = user_data;
  g_autoptr (GError)         error = NULL;
  g_autoptr (TlKernel1)      proxy = tl_kernel1_proxy_new_finish (result, &error);

  if (proxy == NULL) {
    if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      fail (self, error->message);
    return;
  }
  g_set_object (&self->proxy, proxy);
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (proxy), 60000);
  g_signal_connect_object (proxy, "event", G_CALLBACK (event_cb), self, 0);
  self->last_seq = 0;
  self->acknowledged_seq = 0;
  g_queue_clear_full (&self->pending, pending_free);
  /* Before the first event arrives: what was shown is replaced by what the kernel tells again. */
  g_signal_emit (self, signals[SIGNAL_ATTACHED], 0, !self->spawned);
  tl_kernel1_call_attach (proxy, PROTOCOL_VERSION, 0, self->cancellable, attach_cb, g_object_ref (self));
}

static gboolean
retry_cb (gpointer user_data)
{
  TlKernelClient *self = user_data;

  self->retry_id = 0;
  try_connect (self);
  return G_SOURCE_REMOVE;
}

/* Whether nobody listens there.  Anything else may be a kernel that is too busy to answer, and must not be given up. */
static gboolean
is_deserted (const GError *reason)
{
  return g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
         g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* Nobody answered: start a kernel where that is wanted, else try again until the time is up. */
static void
connect_failed (TlKernelClient *self,
                const GError   *reason)
{
  g_autoptr (GError) error = NULL;

  if (!self->spawned && !is_deserted (reason) && g_get_monotonic_time () < self->deadline_us) {
    self->retry_id = g_timeout_add (CONNECT_INTERVAL_MS, retry_cb, self);
  } else if (!self->may_spawn) {
    set_state (self, TL_KERNEL_OFF);
  } else if (!self->spawned) {
    self->deadline_us = g_get_monotonic_time () + CONNECT_TIMEOUT_MS * 1000;
    g_clear_object (&self->process);
    self->process = tl_kernel_client_spawn (self->document_path, self->socket_path, &error);
    self->spawned = self->process != NULL;
    if (!self->spawned)
      fail (self, error->message);
    else
      self->retry_id = g_timeout_add (CONNECT_INTERVAL_MS, retry_cb, self);
  } else if (g_subprocess_get_identifier (self->process) == NULL) {
    g_autofree char *log = g_strconcat (self->socket_path, ".log", NULL);
    g_autofree char *text = NULL;

    /* It ended at once; its last words are the best explanation. */
    if (g_file_get_contents (log, &text, NULL, NULL) && *g_strstrip (text) != '\0')
      fail (self, strrchr (text, '\n') != NULL ? strrchr (text, '\n') + 1 : text);
    else
      fail (self, _ ("it ended while it was starting"));
  } else if (g_get_monotonic_time () > self->deadline_us) {
    fail (self, reason->message);
  } else {
    self->retry_id = g_timeout_add (CONNECT_INTERVAL_MS, retry_cb, self);
  }
}

static void
connection_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (TlKernelClient)  self = user_data;
  g_autoptr (GError)          error = NULL;
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_for_address_finish (result, &error);

  if (connection == NULL) {
    if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      connect_failed (self, error);
    return;
  }
  g_set_object (&self->connection, connection);
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect_object (connection, "closed", G_CALLBACK (closed_cb), self, 0);
  tl_kernel1_proxy_new (connection, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, NULL, OBJECT_PATH, self->cancellable,
                        proxy_cb, g_object_ref (self));
}

static void
try_connect (TlKernelClient *self)
{
  g_autofree char *escaped = g_dbus_address_escape_value (self->socket_path);
  g_autofree char *address = g_strconcat ("unix:path=", escaped, NULL);

  g_dbus_connection_new_for_address (address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, self->cancellable,
                                     connection_cb, g_object_ref (self));
}

static void
begin (TlKernelClient *self,
       gboolean        may_spawn)
{
  if (self->connection != NULL || self->state == TL_KERNEL_STARTING) {
    self->may_spawn |= may_spawn;
    return;
  }
  self->may_spawn = may_spawn;
  self->spawned = FALSE;
  g_clear_pointer (&self->error, g_free);
  if (may_spawn || g_file_test (self->socket_path, G_FILE_TEST_EXISTS)) {
    self->deadline_us = g_get_monotonic_time () + CONNECT_TIMEOUT_MS * 1000;
    set_state (self, TL_KERNEL_STARTING);
    try_connect (self);
  }
}

void
tl_kernel_client_attach (TlKernelClient *self)
{
  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  begin (self, FALSE);
}

void
tl_kernel_client_start (TlKernelClient *self)
{
  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  begin (self, TRUE);
}

void
tl_kernel_client_restart (TlKernelClient *self)
{
  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  if (self->proxy == NULL) {
    tl_kernel_client_start (self);
    return;
  }
  self->restarting = TRUE;
  tl_kernel1_call_shutdown (self->proxy, NULL, NULL, NULL);
  /* One that does not listen any more is ended the hard way; its socket closes and lost() goes on. */
  if (self->state == TL_KERNEL_STOPPING && self->process != NULL)
    g_subprocess_force_exit (self->process);
}

void
tl_kernel_client_detach (TlKernelClient *self,
                         gboolean        shut_down)
{
  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->acknowledge_id, g_source_remove);
  g_clear_handle_id (&self->gap_id, g_source_remove);
  g_queue_clear_full (&self->pending, pending_free);
  g_queue_clear_full (&self->waiting, request_free);
  if (self->proxy != NULL && shut_down) {
    tl_kernel1_call_shutdown (self->proxy, NULL, NULL, NULL);
    g_dbus_connection_flush_sync (self->connection, NULL, NULL);
  }
  if (self->proxy != NULL)
    g_signal_handlers_disconnect_by_data (self->proxy, self);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->proxy);
  if (self->connection != NULL)
    g_dbus_connection_close (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->connection);
  self->attached = FALSE;
}

TlKernelState
tl_kernel_client_get_state (TlKernelClient *self)
{
  g_return_val_if_fail (TL_IS_KERNEL_CLIENT (self), TL_KERNEL_OFF);

  return self->state;
}

const char *
tl_kernel_client_get_error (TlKernelClient *self)
{
  g_return_val_if_fail (TL_IS_KERNEL_CLIENT (self), NULL);

  return self->error;
}

void
tl_kernel_client_run (TlKernelClient *self,
                      GVariant       *known,
                      GVariant       *cells)
{
  Request *request;

  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  request = g_new0 (Request, 1);
  request->known = g_variant_ref_sink (known);
  request->cells = g_variant_ref_sink (cells);
  if (self->attached) {
    send_request (self, request);
    request_free (request);
    return;
  }
  g_queue_push_tail (&self->waiting, request);
  tl_kernel_client_start (self);
}

void
tl_kernel_client_interrupt (TlKernelClient *self)
{
  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  if (self->proxy != NULL)
    tl_kernel1_call_interrupt (self->proxy, NULL, NULL, NULL);
}

void
tl_kernel_client_control (TlKernelClient *self,
                          const char     *run,
                          const char     *action,
                          GVariant       *value)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (value != NULL ? value : g_variant_new_boolean (TRUE));

  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  if (self->proxy != NULL)
    tl_kernel1_call_control (self->proxy, run, action, g_variant_new_variant (held), NULL, NULL, NULL);
}

static void
call_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError           *error = NULL;
  GVariant         *answer = g_dbus_proxy_call_finish (G_DBUS_PROXY (source), result, &error);

  if (answer == NULL) {
    g_dbus_error_strip_remote_error (error);
    g_task_return_error (task, error);
  } else {
    g_task_return_pointer (task, answer, (GDestroyNotify)g_variant_unref);
  }
}

void
tl_kernel_client_call_async (TlKernelClient     *self,
                             const char         *method,
                             GVariant           *parameters,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  g_autoptr (GTask)    task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GVariant) held = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;

  g_return_if_fail (TL_IS_KERNEL_CLIENT (self));

  if (!self->attached)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "%s", _ ("No kernel is running"));
  else
    g_dbus_proxy_call (G_DBUS_PROXY (self->proxy), method, held, G_DBUS_CALL_FLAGS_NONE, -1, cancellable, call_cb,
                       g_steal_pointer (&task));
}

GVariant *
tl_kernel_client_call_finish (TlKernelClient *self,
                              GAsyncResult   *result,
                              GError        **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
tl_kernel_client_dispose (GObject *object)
{
  tl_kernel_client_detach (TL_KERNEL_CLIENT (object), FALSE);
  G_OBJECT_CLASS (tl_kernel_client_parent_class)->dispose (object);
}

static void
tl_kernel_client_finalize (GObject *object)
{
  TlKernelClient *self = TL_KERNEL_CLIENT (object);

  g_free (self->document_path);
  g_free (self->socket_path);
  g_free (self->error);
  g_clear_object (&self->process);
  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (tl_kernel_client_parent_class)->finalize (object);
}

static void
tl_kernel_client_class_init (TlKernelClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tl_kernel_client_dispose;
  object_class->finalize = tl_kernel_client_finalize;

  signals[SIGNAL_STATE_CHANGED] = g_signal_new ("state-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ATTACHED] = g_signal_new ("attached", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[SIGNAL_EVENT] = g_signal_new ("event", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, JSON_TYPE_OBJECT);
}

static void
tl_kernel_client_init (TlKernelClient *self)
{
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->waiting);
  g_queue_init (&self->pending);
}

TlKernelClient *
tl_kernel_client_new (const char *document_path)
{
  TlKernelClient *self = g_object_new (TL_TYPE_KERNEL_CLIENT, NULL);

  self->document_path = g_strdup (document_path);
  self->socket_path = tl_kernel_client_make_socket_path (document_path);
  return self;
}
