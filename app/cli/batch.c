/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/cli/progress.h"
#include "app/document/document-file.h"
#include "app/document/overrides.h"
#include "app/kernel/session.h"
#include "core/base/error.h"
#include "core/data/datasets.h"
#include "config.h"

typedef struct {
  const TlBatchOptions *options;
  TlProgress           *progress;
} Batch;

/* What the signal handler can reach; a signal has no other way in. */
static TlSession            *running;
static volatile sig_atomic_t n_signals;

static void
signal_cb (int number)
{
  n_signals = n_signals + 1;
  if (n_signals > 1)
    _exit (TL_EXIT_INTERRUPTED);
  if (running != NULL)
    tl_session_cancel (running);
}

static void
event_cb (const char *type,
          const char *cell,
          const char *json,
          gpointer    user_data)
{
  Batch *self = user_data;

  if (!self->options->json) {
    tl_progress_show (self->progress, type, cell, json);
    return;
  }
  puts (json);
  fflush (stdout);
}

static int
status_of (const GError *error)
{
  if (g_error_matches (error, TL_ERROR, TL_ERROR_CANCELLED))
    return TL_EXIT_INTERRUPTED;
  return g_error_matches (error, TL_ERROR, TL_ERROR_MEMORY) ? TL_EXIT_MEMORY : TL_EXIT_ERROR;
}

/* Problems of the file itself stop the run before anything has happened. */
static gboolean
check_document (TlSnapshot *snapshot,
                const char *path)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < snapshot->diagnostics->len; i++) {
    const TlDiagnostic *diagnostic = snapshot->diagnostics->pdata[i];

    if (diagnostic->severity != TL_SEVERITY_ERROR)
      continue;
    g_printerr ("%s:%u: %s\n", path, diagnostic->line, diagnostic->message);
    ok = FALSE;
  }
  return ok;
}

static TlSnapshot *
load (const TlBatchOptions *options,
      GError              **error)
{
  g_autoptr (TlDocument) document = tl_document_load (options->path, error);
  g_autoptr (GPtrArray)  overrides = document != NULL ? tl_overrides_parse (options->sets, error) : NULL;
  g_autoptr (TlSnapshot) snapshot = NULL;

  if (overrides == NULL)
    return NULL;
  snapshot = tl_document_snapshot (document);
  if (!check_document (snapshot, options->path)) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s cannot be run as it is", options->path);
    return NULL;
  }
  return tl_overrides_apply (overrides, snapshot, error);
}

static int
run_cells (TlSession  *session,
           TlSnapshot *snapshot)
{
  for (guint i = 0; i < snapshot->n_cells; i++) {
    g_autoptr (GError) error = NULL;

    if (snapshot->cells[i].kind == TL_CELL_TEXT || snapshot->cells[i].id == NULL)
      continue;
    if (!tl_session_run_cell (session, snapshot->cells[i].id, &error))
      return status_of (error);
  }
  return TL_EXIT_OK;
}

/**
 * tl_cli_set_data_folders:
 *
 * Files that come with Trellis are in the folder that the environment names, or where it was installed.
 */
void
tl_cli_set_data_folders (void)
{
  const char *named = g_getenv ("TL_DATADIR");
  const char *folders[] = { named != NULL ? named : TL_DATADIR, named != NULL ? TL_DATADIR : NULL, NULL };

  tl_data_set_folders (folders);
}

/**
 * tl_cli_batch:
 * @options: what was asked for
 *
 * Runs all cells of a document, top to bottom, until the first that fails.
 *
 * Returns: the exit status
 */
int
tl_cli_batch (const TlBatchOptions *options)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlSnapshot) snapshot = load (options, &error);
  g_autofree char       *changed = g_strjoinv ("\n", (char **)options->sets);
  Batch                  batch = { options, NULL };
  TlSessionOptions       session_options = { options->n_threads, options->has_seed, options->seed, options->device, options->path, options->output, changed, options->resume, { event_cb, &batch } };
  struct sigaction       action = { .sa_handler = signal_cb };
  TlSession             *session;
  int                    status;

  if (snapshot == NULL) {
    g_printerr ("trellis: %s\n", error->message);
    return status_of (error);
  }
  if (options->resume != NULL && !g_file_test (options->resume, G_FILE_TEST_IS_DIR)) {
    g_printerr ("trellis: --resume %s: there is no such folder\n", options->resume);
    return TL_EXIT_ERROR;
  }
  tl_cli_set_data_folders ();
  session = tl_session_new (&session_options, &error);
  if (session == NULL) {
    g_printerr ("trellis: %s\n", error->message);
    return TL_EXIT_ERROR;
  }
  batch.progress = tl_progress_new (options->path, options->quiet);
  tl_session_set_snapshot (session, snapshot);
  running = session;
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  status = run_cells (session, snapshot);
  running = NULL;
  tl_session_free (session);
  tl_progress_free (batch.progress);
  return n_signals > 0 ? TL_EXIT_INTERRUPTED : status;
}
