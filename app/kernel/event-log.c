/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kernel/event-log.h"

#include <string.h>

#define MAX_EVENTS 10000
#define MAX_BYTES (16 * 1024 * 1024)
#define MAX_UNACKNOWLEDGED (4 * 1024 * 1024)

/* What a message costs besides its JSON, roughly. */
#define MESSAGE_BYTES 256

/* More than fit into MAX_UNACKNOWLEDGED; a peer that never acknowledges anything is not counted further. */
#define MAX_SENT (2 * MAX_UNACKNOWLEDGED / MESSAGE_BYTES)

typedef struct {
  guint64     seq;
  const char *type; /* interned */
  char       *cell;
  char       *json;
  gsize       n_bytes;
} Record;

typedef struct {
  guint64 seq;
  gsize   n_bytes;
} Sent;

/* @n_unacknowledged: bytes of what stands in @sent */
typedef struct {
  GDBusConnection *connection;
  GQueue           sent; /* of Sent, not acknowledged yet */
  gsize            n_unacknowledged;
} Peer;

struct _TlEventLog {
  GMutex     lock;
  GQueue     records;
  gsize      n_bytes;
  guint64    last_seq;
  GPtrArray *peers;
};

static void
record_free (Record *record)
{
  g_free (record->cell);
  g_free (record->json);
  g_free (record);
}

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  g_queue_clear_full (&peer->sent, g_free);
  g_object_unref (peer->connection);
  g_free (peer);
}

static Peer *
find_peer (TlEventLog      *self,
           GDBusConnection *connection,
           guint           *index)
{
  for (guint i = 0; i < self->peers->len; i++) {
    Peer *peer = self->peers->pdata[i];

    if (peer->connection != connection)
      continue;
    if (index != NULL)
      *index = i;
    return peer;
  }
  return NULL;
}

/* Queues a message; the connection's own thread writes it.  One that is closed is found by its signal. */
static void
emit (Peer         *peer,
      const Record *record)
{
  g_dbus_connection_emit_signal (peer->connection, NULL, TL_KERNEL_PATH, TL_KERNEL_INTERFACE, "Event",
                                 g_variant_new ("(tsss)", record->seq, record->type, record->cell, record->json), NULL);
}

static void
send_live (Peer         *peer,
           const Record *record)
{
  gboolean is_bulk = strcmp (record->type, "step") == 0 || strcmp (record->type, "output") == 0;

  if (is_bulk && peer->n_unacknowledged > MAX_UNACKNOWLEDGED)
    return;
  if (peer->sent.length < MAX_SENT) {
    Sent *sent = g_new (Sent, 1);

    *sent = (Sent){ record->seq, record->n_bytes };
    g_queue_push_tail (&peer->sent, sent);
    peer->n_unacknowledged += record->n_bytes;
  }
  emit (peer, record);
}

/**
 * tl_event_log_new:
 *
 * Returns: (transfer full): a log without events
 */
TlEventLog *
tl_event_log_new (void)
{
  TlEventLog *self = g_new0 (TlEventLog, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->records);
  self->peers = g_ptr_array_new_with_free_func (peer_free);
  return self;
}

/**
 * tl_event_log_free:
 * @self: (transfer full): a log
 */
void
tl_event_log_free (TlEventLog *self)
{
  g_queue_clear_full (&self->records, (GDestroyNotify)record_free);
  g_ptr_array_unref (self->peers);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * tl_event_log_add:
 * @self: a log
 * @type: the event's type
 * @cell: id of its cell, or ""
 * @json: the event
 *
 * Numbers an event, keeps it and sends it.
 */
void
tl_event_log_add (TlEventLog *self,
                  const char *type,
                  const char *cell,
                  const char *json)
{
  Record *record = g_new0 (Record, 1);

  record->type = g_intern_string (type);
  record->cell = g_strdup (cell);
  record->json = g_strdup (json);
  record->n_bytes = strlen (json) + strlen (cell) + MESSAGE_BYTES;
  g_mutex_lock (&self->lock);
  record->seq = ++self->last_seq;
  self->n_bytes += record->n_bytes;
  g_queue_push_tail (&self->records, record);
  for (guint i = 0; i < self->peers->len; i++)
    send_live (self->peers->pdata[i], record);
  while (self->records.length > 1 && (self->records.length > MAX_EVENTS || self->n_bytes > MAX_BYTES)) {
    Record *oldest = g_queue_pop_head (&self->records);

    self->n_bytes -= oldest->n_bytes;
    record_free (oldest);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * tl_event_log_attach:
 * @self: a log
 * @connection: a peer, attached already or not
 * @last_seq: the last event it knows, 0 for none
 *
 * Sends what is kept behind @last_seq, and from now on what happens.  A number that was never given out comes from another kernel; then
 * everything is sent.
 *
 * Returns: the oldest number that is kept; the next one if there is none
 */
guint64
tl_event_log_attach (TlEventLog      *self,
                     GDBusConnection *connection,
                     guint64          last_seq)
{
  guint64 first_seq;
  Peer   *peer;

  g_mutex_lock (&self->lock);
  peer = find_peer (self, connection, NULL);
  if (peer == NULL) {
    peer = g_new0 (Peer, 1);
    g_queue_init (&peer->sent);
    peer->connection = g_object_ref (connection);
    g_ptr_array_add (self->peers, peer);
  }
  if (last_seq > self->last_seq)
    last_seq = 0;
  for (GList *at = self->records.head; at != NULL; at = at->next)
    if (((Record *)at->data)->seq > last_seq)
      emit (peer, at->data);
  g_queue_clear_full (&peer->sent, g_free); /* what is kept has its own bound */
  peer->n_unacknowledged = 0;
  first_seq = self->last_seq + 1 - self->records.length;
  g_mutex_unlock (&self->lock);
  return first_seq;
}

/**
 * tl_event_log_detach:
 * @self: a log
 * @connection: a peer, attached or not
 *
 * Sends it nothing more.
 */
void
tl_event_log_detach (TlEventLog      *self,
                     GDBusConnection *connection)
{
  guint index;

  g_mutex_lock (&self->lock);
  if (find_peer (self, connection, &index) != NULL)
    g_ptr_array_remove_index_fast (self->peers, index);
  g_mutex_unlock (&self->lock);
}

/**
 * tl_event_log_acknowledge:
 * @self: a log
 * @connection: a peer
 * @seq: the last event it has shown
 */
void
tl_event_log_acknowledge (TlEventLog      *self,
                          GDBusConnection *connection,
                          guint64          seq)
{
  Peer *peer;

  g_mutex_lock (&self->lock);
  peer = find_peer (self, connection, NULL);
  while (peer != NULL && peer->sent.length > 0 && ((Sent *)peer->sent.head->data)->seq <= seq) {
    Sent *sent = g_queue_pop_head (&peer->sent);

    peer->n_unacknowledged -= sent->n_bytes;
    g_free (sent);
  }
  g_mutex_unlock (&self->lock);
}

guint
tl_event_log_get_n_peers (TlEventLog *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->peers->len;
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * tl_event_log_flush:
 * @self: a log
 *
 * Waits until everything is written to those that still read, before the process ends.
 */
void
tl_event_log_flush (TlEventLog *self)
{
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (g_object_unref);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->peers->len; i++)
    g_ptr_array_add (connections, g_object_ref (((Peer *)self->peers->pdata[i])->connection));
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < connections->len; i++)
    g_dbus_connection_flush_sync (connections->pdata[i], NULL, NULL);
}
