/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A kernel as a process of its own, over its socket.
 */

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "app/kernel/kernel1.h"

#define WAIT_US (10 * G_USEC_PER_SEC)

typedef struct {
  guint64 seq;
  char   *type;
  char   *cell;
  char   *json;
} Event;

typedef struct {
  char        *folder;
  char        *socket;
  GSubprocess *process;
  TlKernel1   *kernel;
  GArray      *events;
} Fixture;

static void
event_clear (gpointer data)
{
  Event *event = data;

  g_free (event->type);
  g_free (event->cell);
  g_free (event->json);
}

static void
event_cb (TlKernel1  *kernel,
          guint64     seq,
          const char *type,
          const char *cell,
          const char *json,
          Fixture    *self)
{
  Event event = { seq, g_strdup (type), g_strdup (cell), g_strdup (json) };

  g_array_append_val (self->events, event);
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Waits for an event of a type whose JSON has a text in it. */
static const Event *
wait_for (Fixture    *self,
          const char *type,
          const char *part)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;
  guint  tick = g_timeout_add (5, tick_cb, NULL);
  guint  at = 0;

  for (;;) {
    for (; at < self->events->len; at++) {
      const Event *event = &g_array_index (self->events, Event, at);

      if (strcmp (event->type, type) == 0 && strstr (event->json, part) != NULL) {
        g_source_remove (tick);
        return event;
      }
    }
    if (g_get_monotonic_time () > end)
      g_error ("no event %s with %s came", type, part);
    g_main_context_iteration (NULL, TRUE);
  }
}

static void
connect_to (Fixture *self)
{
  g_autofree char            *address = g_strconcat ("unix:path=", self->socket, NULL);
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError)          error = NULL;
  gint64                      end = g_get_monotonic_time () + WAIT_US;

  while (connection == NULL && g_get_monotonic_time () < end) {
    g_clear_error (&error);
    connection = g_dbus_connection_new_for_address_sync (address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, &error);
    if (connection == NULL)
      g_usleep (20000);
  }
  g_assert_no_error (error);
  self->kernel = tl_kernel1_proxy_new_sync (connection, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, NULL, "/org/trellisml/Kernel1", NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->kernel, "event", G_CALLBACK (event_cb), self);
}

static void
disconnect_from (Fixture *self)
{
  GDBusConnection *connection = g_dbus_proxy_get_connection (G_DBUS_PROXY (self->kernel));

  g_signal_handlers_disconnect_by_data (self->kernel, self);
  g_dbus_connection_close_sync (connection, NULL, NULL);
  g_clear_object (&self->kernel);
}

static char *
attach (Fixture *self,
        guint64  last_seq)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (GVariant) info = NULL;
  char                *state = NULL;
  guint64              first_seq = 0;
  guint                version = 0;

  tl_kernel1_call_attach_sync (self->kernel, 1, last_seq, &version, &state, &first_seq, &info, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (version, ==, 1);
  g_assert_cmpuint (first_seq, ==, 1);
  return state;
}

static void
run_cell_of (Fixture    *self,
             const char *kind,
             const char *id,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariantBuilder    cells;
  guint64            request;

  g_variant_builder_init (&cells, G_VARIANT_TYPE ("a(sss)"));
  g_variant_builder_add (&cells, "(sss)", id, kind, text);
  tl_kernel1_call_run_cells_sync (self->kernel, g_variant_builder_end (&cells), &request, NULL, &error);
  g_assert_no_error (error);
}

static void
run_cell (Fixture    *self,
          const char *id,
          const char *text)
{
  run_cell_of (self, "lua", id, text);
}

static void
set_up (Fixture      *self,
        gconstpointer idle)
{
  g_autoptr (GError) error = NULL;
  int                stale;

  self->folder = g_dir_make_tmp ("trellis-XXXXXX", &error);
  g_assert_no_error (error);
  self->socket = g_build_filename (self->folder, "kernel.sock", NULL);
  self->events = g_array_new (FALSE, FALSE, sizeof (Event));
  g_array_set_clear_func (self->events, event_clear);
  stale = mknod (self->socket, S_IFSOCK | 0666, 0); /* of a kernel that died */
  g_assert_cmpint (stale, ==, 0);
  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, g_getenv ("TRELLIS_PROGRAM"), "--kernel", "--socket", self->socket,
                                    "--threads", "1", "--idle", idle != NULL ? (const char *)idle : "30", NULL);
  g_assert_no_error (error);
  connect_to (self);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (self->kernel != NULL) {
    tl_kernel1_call_shutdown_sync (self->kernel, NULL, &error);
    g_assert_no_error (error);
    g_signal_handlers_disconnect_by_data (self->kernel, self);
  }
  g_subprocess_wait (self->process, NULL, NULL);
  g_assert_true (g_subprocess_get_successful (self->process));
  g_assert_false (g_file_test (self->socket, G_FILE_TEST_EXISTS));
  g_clear_object (&self->kernel);
  g_clear_object (&self->process);
  g_array_unref (self->events);
  g_rmdir (self->folder);
  g_free (self->socket);
  g_free (self->folder);
}

static void
test_print (Fixture      *self,
            gconstpointer data)
{
  g_autofree char *state = attach (self, 0);
  struct stat      about;

  g_assert_cmpstr (state, ==, "idle");
  g_assert_cmpint (stat (self->socket, &about), ==, 0);
  g_assert_cmpint (about.st_mode & 0777, ==, 0600);
  run_cell (self, "a", "x = 3\nprint('hello', x)");
  wait_for (self, "output", "hello");
  g_assert_cmpstr (wait_for (self, "cell_finished", "\"ok\"")->cell, ==, "a");
  wait_for (self, "state", "idle");
  for (guint i = 0; i < self->events->len; i++)
    g_assert_cmpuint (g_array_index (self->events, Event, i).seq, ==, i + 1);
}

static void
test_error (Fixture      *self,
            gconstpointer data)
{
  g_autofree char *state = attach (self, 0);

  run_cell (self, "bad", "local a = 1\nlocal b = a\nerror('oh no')");
  wait_for (self, "error", "\"line\": 3");
  wait_for (self, "error", "oh no");
  wait_for (self, "cell_finished", "\"error\"");
}

/* An endless loop, silent or printing, ends within 200 ms; what waits does not run; what comes then does. */
static void
interrupt (Fixture    *self,
           const char *text)
{
  g_autofree char   *state = attach (self, 0);
  g_autoptr (GError) error = NULL;
  gint64             start;

  run_cell (self, "loop", text);
  run_cell (self, "waits", "print('must not run')");
  wait_for (self, "cell_started", "loop");
  g_usleep (50000);
  start = g_get_monotonic_time ();
  tl_kernel1_call_interrupt_sync (self->kernel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (wait_for (self, "cell_finished", "\"loop\"")->type, ==, "cell_finished");
  if (g_getenv ("ASAN_OPTIONS") == NULL)
    g_assert_cmpint ((g_get_monotonic_time () - start) / 1000, <, 200);
  wait_for (self, "cell_finished", "\"cell\": \"waits\", \"status\": \"interrupted\"");
  run_cell (self, "after", "print('still here')");
  wait_for (self, "output", "still here");
  wait_for (self, "cell_finished", "\"cell\": \"after\", \"status\": \"ok\"");
  for (guint i = 0; i < self->events->len; i++)
    g_assert_null (strstr (g_array_index (self->events, Event, i).json, "must not run"));
}

static void
test_interrupt (Fixture      *self,
                gconstpointer data)
{
  interrupt (self, "while true do pcall(function() while true do end end) end");
}

static void
test_reattach (Fixture      *self,
               gconstpointer data)
{
  g_autofree char *state = attach (self, 0);
  g_autofree char *again = NULL;
  guint64          last_seq;

  run_cell (self, "a", "print('seen')");
  wait_for (self, "cell_finished", "\"ok\"");
  wait_for (self, "state", "idle");
  last_seq = g_array_index (self->events, Event, self->events->len - 1).seq;
  run_cell (self, "b", "local t = {} for i = 1, 3e6 do t[i % 100] = i end print('missed')");
  disconnect_from (self);
  g_usleep (G_USEC_PER_SEC);
  g_array_set_size (self->events, 0);
  connect_to (self);
  again = attach (self, last_seq);
  wait_for (self, "output", "missed");
  for (guint i = 0; i < self->events->len; i++)
    g_assert_cmpuint (g_array_index (self->events, Event, i).seq, ==, last_seq + 1 + i);
}

/* Text of any length comes in messages that are small; nobody acknowledges, so not all of it comes, but the end does. */
static void
test_flood (Fixture      *self,
            gconstpointer data)
{
  g_autofree char *state = attach (self, 0);
  gsize            n_bytes = 0;

  run_cell (self, "flood", "for i = 1, 20 do print(string.rep('\\1', 100000)) end");
  wait_for (self, "cell_finished", "\"ok\"");
  for (guint i = 0; i < self->events->len; i++) {
    gsize n = strlen (g_array_index (self->events, Event, i).json);

    g_assert_cmpuint (n, <, 250 * 1024);
    n_bytes += n;
  }
  g_assert_cmpuint (n_bytes, >, 3 * 1024 * 1024);
  g_assert_cmpuint (n_bytes, <, 5 * 1024 * 1024);
  tl_kernel1_call_acknowledge_sync (self->kernel, g_array_index (self->events, Event, self->events->len - 1).seq, NULL, NULL);
  run_cell (self, "then", "print('heard again')");
  wait_for (self, "output", "heard again");
}

static void
test_help (Fixture      *self,
           gconstpointer data)
{
  g_autofree char     *state = attach (self, 0);
  g_autofree char     *markdown = NULL;
  g_autoptr (GVariant) candidates = NULL;
  g_autoptr (GVariant) variables = NULL;
  g_autoptr (GError)   error = NULL;
  g_autofree char     *text = NULL;
  guint                start = 0;

  run_cell (self, "a", "width = 32");
  wait_for (self, "cell_finished", "\"ok\"");
  run_cell (self, "loop", "while true do end"); /* answers do not wait for it */
  tl_kernel1_call_complete_sync (self->kernel, "a", "y = wid", 7, &start, &candidates, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (start, ==, 4);
  text = g_variant_print (candidates, FALSE);
  g_assert_nonnull (strstr (text, "'width'"));
  tl_kernel1_call_inspect_sync (self->kernel, "width", &markdown, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (markdown, "32"));
  tl_kernel1_call_variables_sync (self->kernel, &variables, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (variables), ==, 1);
  g_assert_false (tl_kernel1_call_control_sync (self->kernel, "", "stop", g_variant_new_variant (g_variant_new_boolean (TRUE)), NULL, &error));
  g_assert_nonnull (strstr (error->message, "no training is running"));
}

static const char training[] =
  "train, test = data.digits()\n"
  "model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))\n"
  "run = fit { model, data = train, validate = test, epochs = %s, batch_size = 32, transform = { { 'scale', factor = 1 / 16 } } }";

static gboolean
predict (Fixture *self,
         guint64  index,
         int     *best,
         int     *truth,
         GError **error)
{
  g_autoptr (GVariant) pixels = NULL;
  g_autoptr (GVariant) probabilities = NULL;
  g_autoptr (GVariant) answer = NULL;
  g_auto (GStrv)       classes = NULL;
  guint                width, height, channels;
  guint64              n_items;
  gsize                n = 0;
  const double        *values;
  double               sum = 0;

  answer = g_dbus_proxy_call_sync (G_DBUS_PROXY (self->kernel), "Predict", g_variant_new ("(st)", "", index), 0, -1, NULL, error);
  if (answer == NULL)
    return FALSE;
  g_variant_get (answer, "(uuu@ay^as@adit)", &width, &height, &channels, &pixels, &classes, &probabilities, truth, &n_items);
  g_assert_cmpuint (width, ==, 8);
  g_assert_cmpuint (height, ==, 8);
  g_assert_cmpuint (channels, ==, 1);
  g_assert_cmpuint (n_items, ==, 359);
  g_variant_get_fixed_array (pixels, &n, 1);
  g_assert_cmpuint (n, ==, 64);
  g_assert_cmpuint (g_strv_length (classes), ==, 10);
  values = g_variant_get_fixed_array (probabilities, &n, sizeof (double));
  g_assert_cmpuint (n, ==, 10);
  *best = 0;
  for (guint i = 0; i < n; i++) {
    sum += values[i];
    if (values[i] > values[*best])
      *best = (int)i;
  }
  g_assert_cmpfloat_with_epsilon (sum, 1, 1e-6);
  return TRUE;
}

static const char graph[] =
  "digits = Digits()\n"
  "scaled = Scale(digits) { factor = 1 / 16 }\n"
  "image, label = Batch(scaled)\n"
  "flat = Flatten(image)\n"
  "fc1 = Linear(flat) { out = 32 }\n"
  "act = ReLU(fc1)\n"
  "fc2 = Linear(act) { out = 10 }\n"
  "loss = CrossEntropyLoss(fc2, label)\n"
  "run = Train(loss) { epochs = %s, batch_size = 32 }";

/* A training that is a graph is interrupted, changed and asked as one that is written in Lua. */
static void
test_graph (Fixture      *self,
            gconstpointer data)
{
  g_autofree char   *state = attach (self, 0);
  g_autofree char   *endless = g_strdup_printf (graph, "100000");
  g_autofree char   *text = g_strdup_printf (graph, "10");
  g_autofree char   *broken = g_strdup_printf (graph, "0");
  g_autoptr (GError) error = NULL;
  int                best, truth;
  guint              n_right = 0;

  run_cell_of (self, "graph", "broken", broken);
  wait_for (self, "error", "\"line\": 9, \"node\": \"run\"");
  wait_for (self, "cell_finished", "\"error\"");
  run_cell_of (self, "graph", "endless", endless);
  wait_for (self, "run_started", "\"endless\"");
  wait_for (self, "step", "\"metrics\"");
  g_assert_true (tl_kernel1_call_control_sync (self->kernel, "", "lr", g_variant_new_variant (g_variant_new_double (0.125)), NULL, &error));
  wait_for (self, "change", "\"lr\"");
  wait_for (self, "step", "\"lr\": 0.125");
  g_assert_true (predict (self, 1, &best, &truth, &error));
  tl_kernel1_call_interrupt_sync (self->kernel, NULL, &error);
  wait_for (self, "run_finished", "\"interrupted\"");
  wait_for (self, "cell_finished", "\"interrupted\"");
  run_cell_of (self, "graph", "short", text);
  wait_for (self, "cell_finished", "\"ok\"");
  for (guint i = 0; i < 100; i++) {
    g_assert_true (predict (self, i, &best, &truth, &error));
    n_right += best == truth;
  }
  g_assert_cmpuint (n_right, >, 85);
}

/* A model that is written in Lua is asked while it learns, while it pauses, and when it has learned. */
static void
test_predict (Fixture      *self,
              gconstpointer data)
{
  g_autofree char   *state = attach (self, 0);
  g_autofree char   *endless = g_strdup_printf (training, "100000");
  g_autofree char   *text = g_strdup_printf (training, "5");
  g_autoptr (GError) error = NULL;
  int                best, truth;
  guint              n_right = 0;

  g_assert_false (predict (self, 0, &best, &truth, &error));
  g_assert_nonnull (strstr (error->message, "no model was trained"));
  g_clear_error (&error);
  run_cell (self, "endless", endless);
  wait_for (self, "step", "\"loss\"");
  g_assert_true (predict (self, 1, &best, &truth, &error));
  g_assert_true (tl_kernel1_call_control_sync (self->kernel, "", "pause", g_variant_new_variant (g_variant_new_boolean (TRUE)), NULL, &error));
  g_assert_true (predict (self, 2, &best, &truth, &error));
  tl_kernel1_call_interrupt_sync (self->kernel, NULL, &error);
  wait_for (self, "cell_finished", "\"interrupted\"");
  g_assert_true (predict (self, 3, &best, &truth, &error));
  run_cell (self, "short", text);
  wait_for (self, "cell_finished", "\"ok\"");
  for (guint i = 0; i < 100; i++) {
    g_assert_true (predict (self, i, &best, &truth, &error));
    n_right += best == truth;
  }
  g_assert_cmpuint (n_right, >, 85);
  g_assert_false (predict (self, 359, &best, &truth, &error));
  g_assert_nonnull (strstr (error->message, "the data set has 359"));
}

static void
test_variables (Fixture      *self,
                gconstpointer data)
{
  static const struct {
    const char *name, *type, *summary;
    guint64     n_bytes;
  } wanted[] = {
    { "adam", "optimizer", "Adam", 0 },
    { "list", "table", "3 entries", 0 },
    { "name", "string", "\"trellis\"", 7 },
    { "net", "module", "2 layers, 2,110 parameters", 2110 * 4 },
    { "test", "data set", "359 items: image u8 [1, 8, 8], label i32 []; 10 classes", 359 * 68 },
    { "width", "integer", "32", 0 },
    { "x", "tensor", "f32 [3, 4]", 48 },
  };
  g_autofree char     *state = attach (self, 0);
  g_autoptr (GVariant) variables = NULL;
  g_autoptr (GError)   error = NULL;

  run_cell (self, "a",
            "width, name, list, x = 32, 'trellis', { 1, 2, 3 }, tl.zeros { 3, 4 }\n"
            "net = nn.Sequential(nn.Linear(64, 28), nn.Linear(28, 10))\n"
            "_, test = data.digits()\n_ = nil\n"
            "adam = optim.Adam(net, { lr = 1e-3 })");
  wait_for (self, "cell_finished", "\"ok\"");
  tl_kernel1_call_variables_sync (self->kernel, &variables, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (variables), ==, G_N_ELEMENTS (wanted));
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    const char *name, *type, *summary;
    guint64     n_bytes;

    g_variant_get_child (variables, i, "(&s&s&st)", &name, &type, &summary, &n_bytes);
    g_assert_cmpstr (name, ==, wanted[i].name);
    g_assert_cmpstr (type, ==, wanted[i].type);
    g_assert_cmpstr (summary, ==, wanted[i].summary);
    g_assert_cmpuint (n_bytes, ==, wanted[i].n_bytes);
  }
}

/* The last peer is gone, nothing to do: it leaves by itself. */
static void
test_idle (Fixture      *self,
           gconstpointer data)
{
  g_autofree char *state = attach (self, 0);
  gint64           start;

  g_usleep (1500000);
  g_assert_cmpstr (g_subprocess_get_identifier (self->process), !=, NULL); /* not while somebody is there */
  disconnect_from (self);
  start = g_get_monotonic_time ();
  g_subprocess_wait (self->process, NULL, NULL);
  g_assert_cmpint ((g_get_monotonic_time () - start) / G_USEC_PER_SEC, <, 10);
  g_assert_true (g_subprocess_get_successful (self->process));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/app/server/print", Fixture, NULL, set_up, test_print, tear_down);
  g_test_add ("/app/server/error", Fixture, NULL, set_up, test_error, tear_down);
  g_test_add ("/app/server/interrupt", Fixture, NULL, set_up, test_interrupt, tear_down);
  g_test_add ("/app/server/reattach", Fixture, NULL, set_up, test_reattach, tear_down);
  g_test_add ("/app/server/flood", Fixture, NULL, set_up, test_flood, tear_down);
  g_test_add ("/app/server/help", Fixture, NULL, set_up, test_help, tear_down);
  g_test_add ("/app/server/predict", Fixture, NULL, set_up, test_predict, tear_down);
  g_test_add ("/app/server/graph", Fixture, NULL, set_up, test_graph, tear_down);
  g_test_add ("/app/server/variables", Fixture, NULL, set_up, test_variables, tear_down);
  g_test_add ("/app/server/idle", Fixture, "1", set_up, test_idle, tear_down);

  return g_test_run ();
}
