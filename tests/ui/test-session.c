/* SPDX-License-Identifier: Apache-2.0 */

/* A session against the fake kernel, whose path is in TRELLIS_PROGRAM.  No display. */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "ui/notebook/session.h"

#define TIMEOUT_MS 20000

static char *folder;

static const char source[] = "---\ntrellis: 1\n---\n\n```lua {#load}\nprint (1)\n```\n\n```lua {#bad}\nx = 1\nerror ()\n```\n\n"
                             "```lua {#train}\nfit ()\n```\n\n```lua {#crash}\ncrash ()\n```\n";

typedef gboolean (*Condition) (TlSession *session);

static gboolean
give_up_cb (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_for (TlSession  *session,
          Condition   condition,
          const char *what)
{
  gboolean is_late = FALSE;
  guint    id = g_timeout_add (TIMEOUT_MS, give_up_cb, &is_late);

  while (!condition (session) && !is_late)
    g_main_context_iteration (NULL, TRUE);
  if (is_late)
    g_error ("waited too long for %s; kernel state %d, step %d", what,
             tl_kernel_client_get_state (tl_session_get_kernel (session)),
             tl_session_get_training (session) != NULL ? (int)tl_session_get_training (session)->step : -1);
  g_source_remove (id);
}

static TlCellStatus
status_of (TlSession  *session,
           const char *id)
{
  const TlOutputs *outputs = tl_session_get_outputs (session, id);

  return outputs != NULL ? outputs->status : TL_CELL_NEW;
}

static gboolean
load_done (TlSession *session)
{
  return status_of (session, "load") == TL_CELL_DONE;
}

static gboolean
bad_done (TlSession *session)
{
  return status_of (session, "bad") == TL_CELL_ERROR;
}

static gboolean
training_began (TlSession *session)
{
  const TlTraining *training = tl_session_get_training (session);

  return training != NULL && training->step > 60;
}

static gboolean
training_ended (TlSession *session)
{
  const TlTraining *training = tl_session_get_training (session);

  return training != NULL && !tl_training_is_live (training) && !tl_session_is_busy (session);
}

static gboolean
kernel_ended (TlSession *session)
{
  return tl_kernel_client_get_state (tl_session_get_kernel (session)) == TL_KERNEL_ENDED;
}

static gboolean
kernel_idle (TlSession *session)
{
  return tl_kernel_client_get_state (tl_session_get_kernel (session)) == TL_KERNEL_IDLE;
}

static gboolean
kernel_failed (TlSession *session)
{
  return tl_kernel_client_get_state (tl_session_get_kernel (session)) == TL_KERNEL_FAILED;
}

static gboolean
outputs_there (TlSession *session)
{
  return tl_session_get_outputs (session, "load") != NULL;
}

static TlSession *
open_session (const char *name)
{
  g_autofree char       *path = g_build_filename (folder, name, NULL);
  g_autoptr (TlDocument) document = NULL;
  g_autoptr (GError)     error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_assert_true (g_file_set_contents (path, source, -1, NULL));
  document = tl_document_load (path, &error);
  g_assert_no_error (error);
  return tl_session_new (document, NULL);
}

static void
run (TlSession  *session,
     const char *id)
{
  tl_session_run_cell (session, tl_document_find_cell (tl_session_get_document (session), id));
}

static void
test_run (void)
{
  g_autoptr (TlSession) session = open_session ("run.trellis");
  const TlOutputs      *outputs;
  TlCell               *cell = tl_document_find_cell (tl_session_get_document (session), "load");

  run (session, "load");
  g_assert_cmpint (status_of (session, "load"), ==, TL_CELL_QUEUED);
  wait_for (session, load_done, "a cell");
  outputs = tl_session_get_outputs (session, "load");
  g_assert_cmpuint (outputs->pieces->len, ==, 1);
  g_assert_false (tl_session_is_stale (session, cell));
  tl_document_replace_text (tl_session_get_document (session), cell, 0, 0, "-- \n", -1, NULL);
  g_assert_true (tl_session_is_stale (session, cell));

  run (session, "bad");
  wait_for (session, bad_done, "an error");
  outputs = tl_session_get_outputs (session, "bad");
  g_assert_cmpuint (outputs->errors->len, ==, 1);
  g_assert_cmpuint (((TlOutputError *)outputs->errors->pdata[0])->line, ==, 2);
  tl_session_close (session, FALSE);
}

/* A kernel that dies leaves document and outputs; a restart gives another. */
static void
test_crash_and_restart (void)
{
  g_autoptr (TlSession) session = open_session ("crash.trellis");

  run (session, "load");
  wait_for (session, load_done, "a cell");
  run (session, "crash");
  wait_for (session, kernel_ended, "the end of the kernel");
  g_assert_cmpint (status_of (session, "load"), ==, TL_CELL_DONE);
  g_assert_cmpint (status_of (session, "crash"), !=, TL_CELL_RUNNING);
  tl_session_restart (session);
  wait_for (session, kernel_idle, "another kernel");
  run (session, "load");
  wait_for (session, load_done, "a cell of the other kernel");
  tl_session_close (session, FALSE);
}

/* A training goes on while nobody watches, and is told again from the beginning. */
static void
test_attach_again (void)
{
  g_autoptr (TlSession) first = open_session ("again.trellis");
  g_autoptr (TlSession) second = NULL;
  const TlTraining     *training;

  run (first, "train");
  wait_for (first, training_began, "a training");
  tl_session_close (first, FALSE);
  second = open_session ("again.trellis");
  wait_for (second, training_began, "the training to be told again");
  g_assert_cmpint (status_of (second, "train"), ==, TL_CELL_RUNNING);
  wait_for (second, training_ended, "the end of the training");
  training = tl_session_get_training (second);
  g_assert_cmpint (training->status, ==, TL_TRAINING_DONE);
  /* Every step from the first, none twice. */
  g_assert_cmpuint (tl_series_get_length (tl_training_find_curve (training, "loss", FALSE)->series), ==, 180);
  tl_session_close (second, FALSE);
}

static void
test_interrupt (void)
{
  g_autoptr (TlSession) session = open_session ("interrupt.trellis");

  run (session, "train");
  run (session, "load");
  wait_for (session, training_began, "a training");
  tl_session_interrupt (session);
  wait_for (session, training_ended, "the interrupted training");
  g_assert_cmpint (status_of (session, "train"), ==, TL_CELL_INTERRUPTED);
  g_assert_cmpint (status_of (session, "load"), ==, TL_CELL_NEW);
  tl_session_close (session, FALSE);
}

static void
test_outputs_persist (void)
{
  g_autoptr (TlSession) session = open_session ("persist.trellis");
  g_autoptr (TlSession) again = NULL;
  g_autofree char      *path = g_build_filename (folder, "persist.trellis.d", "outputs", "load.json", NULL);

  run (session, "load");
  wait_for (session, load_done, "a cell");
  for (guint i = 0; i < 500 && !g_file_test (path, G_FILE_TEST_EXISTS); i++)
    g_usleep (10000);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  tl_session_close (session, FALSE);
  again = open_session ("persist.trellis");
  wait_for (again, outputs_there, "the outputs of before");
  g_assert_cmpint (status_of (again, "load"), ==, TL_CELL_DONE);
  g_assert_cmpstr (((TlOutputPiece *)tl_session_get_outputs (again, "load")->pieces->pdata[0])->text->str, ==,
                   "60000 pictures for training, 10000 for testing\n");
  tl_session_close (again, FALSE);
}

static void
test_no_program (void)
{
  g_autofree char      *program = g_strdup (g_getenv ("TRELLIS_PROGRAM"));
  g_autoptr (TlSession) session = open_session ("none.trellis");

  g_setenv ("TRELLIS_PROGRAM", "/nonexistent/trellis", TRUE);
  run (session, "load");
  wait_for (session, kernel_failed, "an error");
  g_assert_nonnull (strstr (tl_kernel_client_get_error (tl_session_get_kernel (session)), "trellis"));
  g_assert_cmpint (status_of (session, "load"), ==, TL_CELL_NEW);
  g_setenv ("TRELLIS_PROGRAM", program, TRUE);
  tl_session_close (session, FALSE);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  int                status;

  folder = g_dir_make_tmp ("trellis-session-XXXXXX", &error);
  g_assert_no_error (error);
  g_setenv ("XDG_RUNTIME_DIR", folder, TRUE);
  g_setenv ("XDG_STATE_HOME", folder, TRUE);
  g_setenv ("XDG_DATA_HOME", folder, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ui/session/run", test_run);
  g_test_add_func ("/ui/session/crash-and-restart", test_crash_and_restart);
  g_test_add_func ("/ui/session/attach-again", test_attach_again);
  g_test_add_func ("/ui/session/interrupt", test_interrupt);
  g_test_add_func ("/ui/session/outputs-persist", test_outputs_persist);
  g_test_add_func ("/ui/session/no-program", test_no_program);
  status = g_test_run ();
  g_free (folder);
  return status;
}
