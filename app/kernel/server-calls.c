/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/kernel/server-private.h"
#include "config.h"
#include "core/base/error.h"
#include "lua/help.h"

/* A kernel that was told to end and does not find back from a cell is ended. */
#define SHUTDOWN_S 5

/* --- calls ------------------------------------------------------------------------------------------------------------ */

static void
refuse (GDBusMethodInvocation *call,
        const char            *message)
{
  g_dbus_method_invocation_return_dbus_error (call, TL_SERVER_ERROR, message);
}

static gboolean
attach_cb (TlKernel1             *skeleton,
           GDBusMethodInvocation *call,
           guint                  version,
           guint64                last_seq,
           TlServer              *self)
{
  GVariantBuilder info;
  guint64         first_seq;

  if (version == 0) {
    refuse (call, "Attach: protocol versions count from 1");
    return TRUE;
  }
  g_variant_builder_init (&info, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&info, "{sv}", "version", g_variant_new_string (TL_VERSION));
  g_variant_builder_add (&info, "{sv}", "pid", g_variant_new_int64 (getpid ()));
  if (self->document_path != NULL && g_utf8_validate (self->document_path, -1, NULL))
    g_variant_builder_add (&info, "{sv}", "document", g_variant_new_string (self->document_path));
  /* What was missed comes before the answer, and the answer has the state behind the last event sent. */
  g_mutex_lock (&self->lock);
  first_seq = tl_event_log_attach (self->log, g_dbus_method_invocation_get_connection (call), last_seq);
  tl_kernel1_complete_attach (skeleton, call, TL_SERVER_PROTOCOL, tl_server_get_state (self), first_seq,
                              g_variant_builder_end (&info));
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
acknowledge_cb (TlKernel1             *skeleton,
                GDBusMethodInvocation *call,
                guint64                seq,
                TlServer              *self)
{
  tl_event_log_acknowledge (self->log, g_dbus_method_invocation_get_connection (call), seq);
  tl_kernel1_complete_acknowledge (skeleton, call);
  return TRUE;
}

static gboolean
check_cells (GDBusMethodInvocation *call,
             GVariant              *cells)
{
  GVariantIter iter;
  const char  *id, *kind;

  g_variant_iter_init (&iter, cells);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &kind, NULL)) {
    if (*id != '\0' && (strcmp (kind, "lua") == 0 || strcmp (kind, "graph") == 0 || strcmp (kind, "text") == 0))
      continue;
    refuse (call, *id != '\0' ? "a cell is of kind lua, graph or text" : "a cell without an id cannot be told apart");
    return FALSE;
  }
  return TRUE;
}

static gboolean
run_cells_cb (TlKernel1             *skeleton,
              GDBusMethodInvocation *call,
              GVariant              *cells,
              TlServer              *self)
{
  if (check_cells (call, cells))
    tl_kernel1_complete_run_cells (skeleton, call, tl_server_queue (self, cells, TRUE));
  return TRUE;
}

static gboolean
set_cells_cb (TlKernel1             *skeleton,
              GDBusMethodInvocation *call,
              GVariant              *cells,
              TlServer              *self)
{
  if (check_cells (call, cells)) {
    tl_server_queue (self, cells, FALSE);
    tl_kernel1_complete_set_cells (skeleton, call);
  }
  return TRUE;
}

static gboolean
interrupt_cb (TlKernel1             *skeleton,
              GDBusMethodInvocation *call,
              TlServer              *self)
{
  tl_server_interrupt (self, FALSE);
  tl_kernel1_complete_interrupt (skeleton, call);
  return TRUE;
}

static gboolean
control_cb (TlKernel1             *skeleton,
            GDBusMethodInvocation *call,
            const char            *run,
            const char            *action,
            GVariant              *value,
            TlServer              *self)
{
  g_autoptr (GVariant) inner = g_variant_get_variant (value);
  g_autoptr (GError)   error = NULL;
  double               number = -1;

  if (g_variant_is_of_type (inner, G_VARIANT_TYPE_VARIANT)) {
    GVariant *boxed = g_variant_get_variant (inner);

    g_variant_unref (inner);
    inner = boxed;
  }
  if (g_variant_is_of_type (inner, G_VARIANT_TYPE_DOUBLE))
    number = g_variant_get_double (inner);
  if (tl_session_control (self->session, action, number, &error))
    tl_kernel1_complete_control (skeleton, call);
  else
    refuse (call, error->message);
  return TRUE;
}

static gboolean
complete_cb (TlKernel1             *skeleton,
             GDBusMethodInvocation *call,
             const char            *cell,
             const char            *text,
             guint                  offset,
             TlServer              *self)
{
  gsize                 start = 0;
  g_autoptr (GPtrArray) found = tl_lua_complete (tl_session_get_lua (self->session), text, offset, &start);
  GVariantBuilder       candidates;

  g_variant_builder_init (&candidates, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < found->len; i++) {
    const TlLuaCompletion *candidate = found->pdata[i];
    const char            *help = candidate->doc != NULL ? candidate->doc : candidate->detail;

    g_variant_builder_add (&candidates, "(sss)", candidate->name, candidate->kind, help != NULL ? help : "");
  }
  tl_kernel1_complete_complete (skeleton, call, (guint)start, g_variant_builder_end (&candidates));
  return TRUE;
}

static gboolean
inspect_cb (TlKernel1             *skeleton,
            GDBusMethodInvocation *call,
            const char            *name,
            TlServer              *self)
{
  g_autofree char *text = tl_lua_inspect (tl_session_get_lua (self->session), name);

  tl_kernel1_complete_inspect (skeleton, call, text != NULL ? text : "");
  return TRUE;
}

/* As of the end of the last cell. */
static gboolean
variables_cb (TlKernel1             *skeleton,
              GDBusMethodInvocation *call,
              TlServer              *self)
{
  g_autoptr (GPtrArray) found = tl_lua_list_variables (tl_session_get_lua (self->session));
  GVariantBuilder       variables;

  g_variant_builder_init (&variables, G_VARIANT_TYPE ("a(ssst)"));
  for (guint i = 0; i < found->len; i++) {
    const TlLuaVariable *variable = found->pdata[i];

    g_variant_builder_add (&variables, "(ssst)", variable->name, variable->type, variable->summary, (guint64)variable->n_bytes);
  }
  tl_kernel1_complete_variables (skeleton, call, g_variant_builder_end (&variables));
  return TRUE;
}

static gboolean
predict_cb (TlKernel1             *skeleton,
            GDBusMethodInvocation *call,
            const char            *run,
            guint64                index,
            TlServer              *self)
{
  tl_server_ask (self, call, run, index);
  return TRUE;
}

static gboolean
shutdown_late_cb (gpointer user_data)
{
  TlServer *self = user_data;

  g_unlink (self->socket_path);
  _exit (1);
}

static void
leave (TlServer *self)
{
  GSource *source = g_timeout_source_new_seconds (SHUTDOWN_S);

  g_source_set_callback (source, shutdown_late_cb, self, NULL);
  g_source_attach (source, self->main_context);
  g_source_unref (source);
  tl_server_interrupt (self, TRUE);
}

static gboolean
shutdown_cb (TlKernel1             *skeleton,
             GDBusMethodInvocation *call,
             TlServer              *self)
{
  tl_kernel1_complete_shutdown (skeleton, call);
  leave (self);
  return TRUE;
}

/* --- peers ------------------------------------------------------------------------------------------------------------ */

static void
closed_cb (GDBusConnection *connection,
           gboolean         remote_peer_vanished,
           GError          *error,
           TlServer        *self)
{
  tl_event_log_detach (self->log, connection);
  g_dbus_interface_skeleton_unexport_from_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection);
  g_mutex_lock (&self->lock);
  self->last_active_us = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
  g_signal_handlers_disconnect_by_func (connection, closed_cb, self);
  g_object_unref (connection);
}

static gboolean
new_connection_cb (GDBusServer     *bus,
                   GDBusConnection *connection,
                   TlServer        *self)
{
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection, TL_KERNEL_PATH, NULL))
    return FALSE;
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect (g_object_ref (connection), "closed", G_CALLBACK (closed_cb), self);
  return TRUE;
}

static gboolean
allow_mechanism_cb (GDBusAuthObserver *observer,
                    const char        *mechanism,
                    gpointer           user_data)
{
  return strcmp (mechanism, "EXTERNAL") == 0;
}

/* Removes a socket that nobody listens on; anything else at its path is left alone. */
static gboolean
remove_stale (const char *path,
              GError    **error)
{
  g_autoptr (GSocketAddress)    address = g_unix_socket_address_new (path);
  g_autoptr (GSocketClient)     client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  struct stat                   about;

  if (g_lstat (path, &about) != 0)
    return TRUE;
  if (!S_ISSOCK (about.st_mode)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s is there and is no socket", path);
    return FALSE;
  }
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  if (connection != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: another kernel listens there", path);
    return FALSE;
  }
  return g_unlink (path) == 0 || errno == ENOENT;
}

/* Made with the server's context as the thread's own, so that all its callbacks come there. */
static gboolean
listen_on (TlServer *self,
           GError  **error)
{
  g_autoptr (GDBusAuthObserver) observer = g_dbus_auth_observer_new ();
  g_autofree char              *guid = g_dbus_generate_guid ();
  g_autofree char              *escaped = g_dbus_address_escape_value (self->socket_path);
  g_autofree char              *address = g_strconcat ("unix:path=", escaped, NULL);
  g_autoptr (GError)            local = NULL;
  mode_t                        mask;

  if (!remove_stale (self->socket_path, error))
    return FALSE;
  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (allow_mechanism_cb), NULL);
  mask = umask (0177);
  self->bus = g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER, guid, observer, NULL, &local);
  umask (mask);
  if (self->bus == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", self->socket_path, local->message);
    return FALSE;
  }
  g_signal_connect (self->bus, "new-connection", G_CALLBACK (new_connection_cb), self);
  g_dbus_server_start (self->bus);
  return TRUE;
}

static void
make_skeleton (TlServer *self)
{
  static const struct {
    const char *signal;
    GCallback   callback;
  } calls[] = {
    { "handle-attach", G_CALLBACK (attach_cb) },
    { "handle-acknowledge", G_CALLBACK (acknowledge_cb) },
    { "handle-run-cells", G_CALLBACK (run_cells_cb) },
    { "handle-set-cells", G_CALLBACK (set_cells_cb) },
    { "handle-interrupt", G_CALLBACK (interrupt_cb) },
    { "handle-control", G_CALLBACK (control_cb) },
    { "handle-complete", G_CALLBACK (complete_cb) },
    { "handle-inspect", G_CALLBACK (inspect_cb) },
    { "handle-variables", G_CALLBACK (variables_cb) },
    { "handle-predict", G_CALLBACK (predict_cb) },
    { "handle-shutdown", G_CALLBACK (shutdown_cb) },
  };

  self->skeleton = tl_kernel1_skeleton_new ();
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    g_signal_connect (self->skeleton, calls[i].signal, calls[i].callback, self);
}

/* --- the thread ------------------------------------------------------------------------------------------------------- */

static gboolean
idle_cb (gpointer user_data)
{
  TlServer *self = user_data;
  gboolean  is_idle;

  g_mutex_lock (&self->lock);
  is_idle = self->state == STATE_IDLE && g_get_monotonic_time () - self->last_active_us > self->idle_s * G_USEC_PER_SEC;
  g_mutex_unlock (&self->lock);
  if (is_idle && tl_event_log_get_n_peers (self->log) == 0)
    leave (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
signal_cb (gpointer user_data)
{
  leave (user_data);
  return G_SOURCE_REMOVE;
}

/* What libraries write to the standard streams becomes output of the cell that runs, and goes where it would have gone. */
static gboolean
stream_cb (int          fd,
           GIOCondition condition,
           gpointer     user_data)
{
  TlServer        *self = user_data;
  gboolean         is_error = fd == self->captured[1];
  TlEvent          event;
  g_autofree char *cell = NULL;
  char             buffer[8192];
  gssize           n = read (fd, buffer, sizeof buffer - 1);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    return G_SOURCE_REMOVE;
  buffer[n] = '\0';
  if (write (self->old_fds[is_error ? 1 : 0], buffer, (gsize)n) < 0 && errno == EBADF)
    return G_SOURCE_REMOVE;
  g_mutex_lock (&self->lock);
  cell = g_strdup (self->cell);
  g_mutex_unlock (&self->lock);
  tl_event_begin (&event, "output", cell);
  tl_event_add_string (&event, "stream", is_error ? "stderr" : "stdout");
  tl_event_add_string (&event, "text", buffer);
  tl_event_send (&event, &(TlEventSink){ tl_server_event_cb, self });
  return G_SOURCE_CONTINUE;
}

static void
add_source (TlServer   *self,
            GSource    *source,
            GSourceFunc func)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->main_context);
  g_source_unref (source);
}

/* Never blocks a writer, not even this thread: what does not fit into the pipe is lost. */
static void
take_streams (TlServer *self)
{
  int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  if (null >= 0) {
    dup2 (null, STDIN_FILENO);
    close (null);
  }
  for (int i = 0; i < 2; i++) {
    int fds[2];

    self->old_fds[i] = fcntl (STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
    if (!g_unix_open_pipe (fds, FD_CLOEXEC, NULL))
      continue;
    g_unix_set_fd_nonblocking (fds[0], TRUE, NULL);
    g_unix_set_fd_nonblocking (fds[1], TRUE, NULL);
    dup2 (fds[1], STDOUT_FILENO + i);
    close (fds[1]);
    self->captured[i] = fds[0];
    add_source (self, g_unix_fd_source_new (fds[0], G_IO_IN | G_IO_HUP), G_SOURCE_FUNC (stream_cb));
  }
  setvbuf (stdout, NULL, _IOLBF, 0);
}

static gpointer
thread_cb (gpointer user_data)
{
  TlServer *self = user_data;

  g_main_context_push_thread_default (self->main_context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->main_context);
  return NULL;
}

gboolean
tl_server_start (TlServer *self,
                 GError  **error)
{
  static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
  gboolean         ok;

  /* GDBus tells of connections that it accepted and that closed in the default context, whatever the server's is. */
  self->main_context = g_main_context_ref (g_main_context_default ());
  self->loop = g_main_loop_new (self->main_context, FALSE);
  make_skeleton (self);
  g_main_context_push_thread_default (self->main_context);
  ok = listen_on (self, error);
  g_main_context_pop_thread_default (self->main_context);
  if (!ok) {
    g_clear_object (&self->skeleton);
    g_main_loop_unref (self->loop);
    g_main_context_unref (self->main_context);
    return FALSE;
  }
  signal (SIGPIPE, SIG_IGN);
  take_streams (self);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    add_source (self, g_unix_signal_source_new (signals[i]), signal_cb);
  add_source (self, g_timeout_source_new (MIN (self->idle_s, 10) * 250), idle_cb);
  self->thread = g_thread_new ("server", thread_cb, self);
  return TRUE;
}

void
tl_server_stop (TlServer *self)
{
  g_dbus_server_stop (self->bus);
  g_unlink (self->socket_path);
  tl_event_log_flush (self->log);
  g_main_loop_quit (self->loop);
  g_thread_join (self->thread);
  g_clear_object (&self->bus);
  if (g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton)) != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_clear_object (&self->skeleton);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->main_context);
}
