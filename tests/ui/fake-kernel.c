/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A kernel that runs nothing: it speaks the protocol and says what its script says, so that the desktop can be tested
 * alone.  Started as the real one is: `fake-kernel --kernel --document PATH --socket PATH`.
 *
 * What a Lua cell "does" follows from its text:
 *     contains "fit"     a training of 3 epochs with 60 steps each, 20 ms a step
 *     contains "error"   an error in line 2
 *     contains "crash"   the kernel ends at once
 *     contains "print"   two lines of output
 */

#include <gio/gio.h>
#include <glib-unix.h>
#include <math.h>
#include <string.h>

#include "ui/kernel1-proxy.h"

#define EPOCHS 3
#define STEPS 60
#define STEP_MS 20

typedef struct {
  char *id;
  char *text;
} FakeCell;

static GMainLoop *loop;
static TlKernel1 *skeleton;
static GPtrArray *events; /* of GVariant (tsss) */
static GQueue     queue = G_QUEUE_INIT;
static FakeCell  *running;
static guint      step;
static gboolean   paused;
static gboolean   stopping;

static void start_next (void);

static void
send (const char *type,
      const char *cell,
      const char *format,
      ...) G_GNUC_PRINTF (3, 4);

static void
send (const char *type,
      const char *cell,
      const char *format,
      ...)
{
  g_autofree char *members = NULL;
  g_autofree char *json = NULL;
  guint64          seq = events->len + 1;
  va_list          args;

  va_start (args, format);
  members = g_strdup_vprintf (format, args);
  va_end (args);
  json = g_strdup_printf ("{\"type\":\"%s\",\"cell\":\"%s\"%s%s}", type, cell, *members != '\0' ? "," : "", members);
  g_ptr_array_add (events, g_variant_ref_sink (g_variant_new ("(tsss)", seq, type, cell, json)));
  tl_kernel1_emit_event (skeleton, seq, type, cell, json);
}

static void
finish (const char *status,
        double      seconds)
{
  send ("cell_finished", running->id, "\"status\":\"%s\",\"seconds\":%g", status, seconds);
  g_free (running->id);
  g_free (running->text);
  g_clear_pointer (&running, g_free);
  start_next ();
}

static void
end_run (const char *status)
{
  send ("run_finished", running->id, "\"run\":\"r1\",\"status\":\"%s\",\"seconds\":%g,\"step\":%u,\"model\":\"model.safetensors\"",
        status, step * STEP_MS / 1000.0, step);
  send ("output", running->id, "\"stream\":\"value\",\"text\":\"run r1: test accuracy 0.9012\\n\"");
  finish (g_str_equal (status, "done") ? "ok" : "interrupted", step * STEP_MS / 1000.0);
}

static gboolean
step_cb (gpointer user_data)
{
  double progress = (double)step / (EPOCHS * STEPS);

  if (running == NULL)
    return G_SOURCE_REMOVE;
  if (stopping) {
    end_run ("interrupted");
    return G_SOURCE_REMOVE;
  }
  if (paused)
    return G_SOURCE_CONTINUE;
  step++;
  send ("step", running->id,
        "\"run\":\"r1\",\"step\":%u,\"epoch\":%u,\"loss\":%g,\"metrics\":{\"accuracy\":%g},\"lr\":0.001,\"samples_per_s\":%g,"
        "\"seconds_left\":%g,\"progress\":%g",
        step * 15, (step - 1) / STEPS, 0.28 + 1.6 * exp (-6 * progress) + 0.05 * sin (step * 1.7),
        0.91 - 0.55 * exp (-7 * progress) + 0.02 * sin (step * 2.3), 3200 + 40 * sin (step), (1 - progress) * 12, progress);
  if (step % STEPS == 0)
    send ("epoch", running->id,
          "\"run\":\"r1\",\"epoch\":%u,\"step\":%u,\"seconds\":4,\"train\":{\"loss\":%g},\"validate\":{\"loss\":%g,\"accuracy\":%g}",
          step / STEPS - 1, step * 15, 0.3, 0.33 + 0.3 * exp (-4 * progress), 0.9 - 0.2 * exp (-4 * progress));
  if (step < EPOCHS * STEPS)
    return G_SOURCE_CONTINUE;
  end_run ("done");
  return G_SOURCE_REMOVE;
}

static gboolean
work_cb (gpointer user_data)
{
  send ("cell_started", running->id, "%s", "");
  if (strstr (running->text, "crash") != NULL)
    g_main_loop_quit (loop);
  if (strstr (running->text, "print") != NULL)
    send ("output", running->id, "\"stream\":\"print\",\"text\":\"60000 pictures for training, 10000 for testing\\n\"");
  if (strstr (running->text, "error") != NULL) {
    send ("error", running->id, "\"line\":2,\"message\":\"matmul: inner sizes differ: [32, 784] x [100, 10]\",\"code\":\"shape\"");
    finish ("error", 0.012);
  } else if (strstr (running->text, "fit") != NULL) {
    step = 0;
    send ("run_started", running->id,
          "\"run\":\"r1\",\"folder\":\"runs/r1\",\"epochs\":%d,\"steps_per_epoch\":%d,\"batch_size\":64,\"parameters\":421642,"
          "\"device\":\"cpu\",\"seed\":42,\"resumed_step\":0",
          EPOCHS, STEPS * 15);
    g_timeout_add (STEP_MS, step_cb, NULL);
  } else {
    finish ("ok", 0.42);
  }
  return G_SOURCE_REMOVE;
}

static void
start_next (void)
{
  if (running != NULL)
    return;
  running = g_queue_pop_head (&queue);
  stopping = FALSE;
  send ("state", "", "\"state\":\"%s\"", running != NULL ? "busy" : "idle");
  if (running != NULL)
    g_timeout_add (30, work_cb, NULL);
}

/* --- methods --------------------------------------------------------------------------------------------------------------- */

typedef struct {
  GDBusMethodInvocation *invocation;
  guint64                last_seq;
} Attach;

static gboolean
repeat_cb (gpointer user_data)
{
  Attach *attach = user_data;

  tl_kernel1_complete_attach (skeleton, attach->invocation, 1, running != NULL ? "busy" : "idle", 1,
                              g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
  for (guint i = (guint)attach->last_seq; i < events->len; i++) {
    guint64     seq;
    const char *type, *cell, *json;

    g_variant_get (events->pdata[i], "(t&s&s&s)", &seq, &type, &cell, &json);
    tl_kernel1_emit_event (skeleton, seq, type, cell, json);
  }
  g_free (attach);
  return G_SOURCE_REMOVE;
}

/* Late on purpose: what happens meanwhile reaches the client before what happened before it. */
static gboolean
attach_cb (TlKernel1             *object,
           GDBusMethodInvocation *invocation,
           guint                  version,
           guint64                last_seq)
{
  Attach *attach = g_new0 (Attach, 1);

  *attach = (Attach){ invocation, last_seq };
  g_timeout_add (80, repeat_cb, attach);
  return TRUE;
}

static gboolean
run_cells_cb (TlKernel1             *object,
              GDBusMethodInvocation *invocation,
              GVariant              *cells)
{
  GVariantIter iter;
  const char  *id, *kind, *text;

  g_variant_iter_init (&iter, cells);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &kind, &text)) {
    FakeCell *cell = g_new0 (FakeCell, 1);

    cell->id = g_strdup (id);
    cell->text = g_strdup (text);
    g_queue_push_tail (&queue, cell);
  }
  tl_kernel1_complete_run_cells (object, invocation, 1);
  start_next ();
  return TRUE;
}

static gboolean
set_cells_cb (TlKernel1             *object,
              GDBusMethodInvocation *invocation,
              GVariant              *cells)
{
  tl_kernel1_complete_set_cells (object, invocation);
  return TRUE;
}

static gboolean
acknowledge_cb (TlKernel1             *object,
                GDBusMethodInvocation *invocation,
                guint64                seq)
{
  tl_kernel1_complete_acknowledge (object, invocation);
  return TRUE;
}

static gboolean
interrupt_cb (TlKernel1             *object,
              GDBusMethodInvocation *invocation)
{
  FakeCell *cell;

  while ((cell = g_queue_pop_head (&queue)) != NULL) {
    g_free (cell->id);
    g_free (cell->text);
    g_free (cell);
  }
  stopping = TRUE;
  tl_kernel1_complete_interrupt (object, invocation);
  return TRUE;
}

static gboolean
control_cb (TlKernel1             *object,
            GDBusMethodInvocation *invocation,
            const char            *run,
            const char            *action,
            GVariant              *value)
{
  paused = g_str_equal (action, "pause");
  stopping = stopping || g_str_equal (action, "stop");
  tl_kernel1_complete_control (object, invocation);
  return TRUE;
}

static gboolean
complete_cb (TlKernel1             *object,
             GDBusMethodInvocation *invocation,
             const char            *cell,
             const char            *text,
             guint                  offset)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  g_variant_builder_add (&builder, "(sss)", "fashion_mnist", "dataset", "Pictures of clothes");
  g_variant_builder_add (&builder, "(sss)", "fit", "function", "Trains a model");
  tl_kernel1_complete_complete (object, invocation, offset, g_variant_builder_end (&builder));
  return TRUE;
}

static gboolean
variables_cb (TlKernel1             *object,
              GDBusMethodInvocation *invocation)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssst)"));
  g_variant_builder_add (&builder, "(ssst)", "train", "dataset", "60,000 × [1, 28, 28]", (guint64)47040000);
  g_variant_builder_add (&builder, "(ssst)", "test", "dataset", "10,000 × [1, 28, 28]", (guint64)7840000);
  g_variant_builder_add (&builder, "(ssst)", "epochs", "number", "3", (guint64)8);
  tl_kernel1_complete_variables (object, invocation, g_variant_builder_end (&builder));
  return TRUE;
}

static gboolean
predict_cb (TlKernel1             *object,
            GDBusMethodInvocation *invocation,
            const char            *run,
            guint64                index)
{
  // clang-format off
  static const char *const classes[] = {
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot", NULL,
  };
  // clang-format on
  guint8 pixels[28 * 28];
  double probabilities[10];
  guint  best = (guint)(index % 10);
  double sum = 0;
  for (guint i = 0; i < 28 * 28; i++) {
    double x = i % 28 - 13.5;
    double y = (int)(i / 28) - 13.5;

    pixels[i] = fabs (x) < 5 + (y > -6 ? 0 : 6) && fabs (y) < 11 ? (guint8)(150 + 60 * sin (x * 0.7 + (double)index) * cos (y * 0.5)) : 0;
  }
  for (guint i = 0; i < 10; i++)
    sum += probabilities[i] = exp (-0.9 * abs ((int)i - (int)best));
  for (guint i = 0; i < 10; i++)
    probabilities[i] /= sum;
  g_dbus_method_invocation_return_value (
    invocation,
    g_variant_new ("(uuu@ay^as@adit)", 28, 28, 1, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, pixels, sizeof pixels, 1),
                   classes, g_variant_new_fixed_array (G_VARIANT_TYPE_DOUBLE, probabilities, 10, sizeof (double)), (int)best, (guint64)100));
  return TRUE;
}

static gboolean
shutdown_cb (TlKernel1             *object,
             GDBusMethodInvocation *invocation)
{
  tl_kernel1_complete_shutdown (object, invocation);
  g_dbus_connection_flush_sync (g_dbus_method_invocation_get_connection (invocation), NULL, NULL);
  g_main_loop_quit (loop);
  return TRUE;
}

static gboolean
new_connection_cb (GDBusServer     *server,
                   GDBusConnection *connection,
                   gpointer         user_data)
{
  g_object_ref (connection);
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (skeleton), connection, "/org/trellisml/Kernel1", NULL);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char        *address = NULL;
  g_autofree char        *guid = g_dbus_generate_guid ();
  g_autoptr (GDBusServer) server = NULL;
  g_autoptr (GError)      error = NULL;
  const char             *socket = NULL;

  for (int i = 1; i + 1 < argc; i++)
    if (g_str_equal (argv[i], "--socket"))
      socket = argv[i + 1];
  if (socket == NULL) {
    g_printerr ("fake-kernel: --socket is missing\n");
    return 2;
  }
  loop = g_main_loop_new (NULL, FALSE);
  events = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  skeleton = tl_kernel1_skeleton_new ();
  g_signal_connect (skeleton, "handle-attach", G_CALLBACK (attach_cb), NULL);
  g_signal_connect (skeleton, "handle-run-cells", G_CALLBACK (run_cells_cb), NULL);
  g_signal_connect (skeleton, "handle-set-cells", G_CALLBACK (set_cells_cb), NULL);
  g_signal_connect (skeleton, "handle-acknowledge", G_CALLBACK (acknowledge_cb), NULL);
  g_signal_connect (skeleton, "handle-interrupt", G_CALLBACK (interrupt_cb), NULL);
  g_signal_connect (skeleton, "handle-control", G_CALLBACK (control_cb), NULL);
  g_signal_connect (skeleton, "handle-complete", G_CALLBACK (complete_cb), NULL);
  g_signal_connect (skeleton, "handle-variables", G_CALLBACK (variables_cb), NULL);
  g_signal_connect (skeleton, "handle-predict", G_CALLBACK (predict_cb), NULL);
  g_signal_connect (skeleton, "handle-shutdown", G_CALLBACK (shutdown_cb), NULL);
  address = g_strconcat ("unix:path=", socket, NULL);
  server = g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
  if (server == NULL) {
    g_printerr ("fake-kernel: %s\n", error->message);
    return 1;
  }
  g_signal_connect (server, "new-connection", G_CALLBACK (new_connection_cb), NULL);
  g_dbus_server_start (server);
  g_main_loop_run (loop);
  return 0;
}
