/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/cli/progress.h"
#include "app/document/document-file.h"
#include "app/document/document-folder.h"
#include "app/document/overrides.h"
#include "app/kernel/session.h"
#include "app/runs/run-record.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/data/datasets.h"
#include "core/graph/profile.h"
#include "config.h"

#define PROFILE_ROWS 20

typedef struct {
  const TlBatchOptions *options;
  TlProgress           *progress;
  GPtrArray            *sets;   /* of the run to go on with, then those given */
  char                 *resume; /* its folder */
  TlRunPast             past;
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

/* A run is named by its folder, or by its id among the runs of the document. */
static char *
find_run (const TlBatchOptions *options)
{
  g_autofree char *folder = tl_document_folder_path (options->path);
  g_autofree char *runs = options->output != NULL ? g_strdup (options->output) : g_build_filename (folder, "runs", NULL);
  g_autofree char *among = g_build_filename (runs, options->resume, NULL);

  if (!g_file_test (options->resume, G_FILE_TEST_IS_DIR) && g_file_test (among, G_FILE_TEST_IS_DIR))
    return g_canonicalize_filename (among, NULL);
  return g_canonicalize_filename (options->resume, NULL);
}

/* What was changed for the run is changed again; what is given now goes over it. */
static gboolean
read_run (Batch   *self,
          GError **error)
{
  const TlBatchOptions *options = self->options;

  if (options->resume != NULL) {
    self->resume = find_run (options);
    if (!tl_run_past_read (&self->past, self->resume, error)) {
      g_prefix_error_literal (error, "--resume: ");
      return FALSE;
    }
  }
  for (guint i = 0; self->past.overrides != NULL && self->past.overrides[i] != NULL; i++)
    g_ptr_array_add (self->sets, g_strdup (self->past.overrides[i]));
  for (guint i = 0; options->sets[i] != NULL; i++)
    g_ptr_array_add (self->sets, g_strdup (options->sets[i]));
  g_ptr_array_add (self->sets, NULL);
  return TRUE;
}

static TlSnapshot *
load (const TlBatchOptions *options,
      const char *const    *sets,
      GError              **error)
{
  g_autoptr (TlDocument) document = tl_document_load (options->path, error);
  g_autoptr (GPtrArray)  overrides = document != NULL ? tl_overrides_parse (sets, error) : NULL;
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

/* What the machine has, or what the container may have. */
static guint64
machine_memory (void)
{
  guint64          n_bytes = (guint64)sysconf (_SC_PHYS_PAGES) * (guint64)sysconf (_SC_PAGE_SIZE), limit;
  g_autofree char *text = NULL;

  if (g_file_get_contents ("/sys/fs/cgroup/memory.max", &text, NULL, NULL) &&
      g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXUINT64, &limit, NULL))
    n_bytes = MIN (n_bytes, limit);
  return n_bytes;
}

/**
 * tl_cli_set_memory:
 * @n_bytes: what tensors and Lua may use together; 0 for most of what the machine has
 *
 * More is an error of the cell, long before the machine is in trouble.
 */
void
tl_cli_set_memory (guint64 n_bytes)
{
  tl_memory_set_limit (n_bytes != 0 ? (gsize)n_bytes : (gsize)(machine_memory () / 10 * 8));
}

/**
 * tl_cli_set_data_folders:
 *
 * Files that come with Trellis are in the folder that the environment names, or where it was installed.
 */
void
tl_cli_set_data_folders (void)
{
  g_autofree char *named = g_getenv ("TL_DATADIR") != NULL ? g_canonicalize_filename (g_getenv ("TL_DATADIR"), NULL) : NULL;
  const char      *folders[] = { named != NULL ? named : TL_DATADIR, named != NULL ? TL_DATADIR : NULL, NULL };

  tl_data_set_folders (folders);
}

static void
batch_clear (Batch *self)
{
  tl_run_past_clear (&self->past);
  g_free (self->resume);
}

/* A write that fails is an error where it happens, and does not end the process. */
static void
ignore_signals (void)
{
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
}

/* A terminal that is closed interrupts, too, unless nohup said otherwise. */
static void
catch_signals (void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action = { .sa_handler = signal_cb }, before;

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (sigaction (numbers[i], NULL, &before) == 0 && (numbers[i] != SIGHUP || before.sa_handler != SIG_IGN))
      sigaction (numbers[i], &action, NULL);
}

/* Where a relative path is seen from changes when the document's folder is entered. */
static gboolean
write_profile (TlProfile  *profile,
               const char *path,
               gboolean    quiet)
{
  g_autofree char   *trace = tl_profile_to_trace (profile);
  g_autofree char   *table = tl_profile_to_string (profile, PROFILE_ROWS);
  g_autoptr (GError) error = NULL;

  if (!quiet)
    g_printerr ("\n%s", table);
  if (g_file_set_contents (path, trace, -1, &error)) {
    if (!quiet)
      g_printerr ("trace: %s\n", path);
    return TRUE;
  }
  g_printerr ("trellis: --profile: %s\n", error->message);
  return FALSE;
}

static int
run_document (Batch      *self,
              TlSnapshot *snapshot)
{
  const TlBatchOptions *options = self->options;
  g_autofree char      *changed = g_strjoinv ("\n", (char **)self->sets->pdata);
  g_autofree char      *path = g_canonicalize_filename (options->path, NULL);
  g_autofree char      *folder = g_path_get_dirname (path);
  g_autofree char      *output = options->output != NULL ? g_canonicalize_filename (options->output, NULL) : NULL;
  g_autofree char      *profile_path = options->profile != NULL ? g_canonicalize_filename (options->profile, NULL) : NULL;
  g_autoptr (TlProfile) profile = options->profile != NULL ? tl_profile_new () : NULL;
  g_autoptr (GError)    error = NULL;
  TlSessionOptions      session_options = {
         .n_threads = options->n_threads,
         .has_seed = options->has_seed || self->past.has_seed,
         .seed = options->has_seed ? options->seed : self->past.seed,
         .device = options->device,
         .document_path = path,
         .output = output,
         .overrides = changed,
         .resume = self->resume,
         .resume_run = self->past.number,
         .sink = { event_cb, self },
  };
  TlSession *session;
  int        status;

  /* What a document says of files is seen from where it stands, as in the desktop program. */
  if (chdir (folder) != 0) {
    g_printerr ("trellis: %s: %s\n", folder, g_strerror (errno));
    return TL_EXIT_ERROR;
  }
  session = tl_session_new (&session_options, &error);
  if (session == NULL) {
    g_printerr ("trellis: %s\n", error->message);
    return TL_EXIT_ERROR;
  }
  tl_session_set_snapshot (session, snapshot);
  tl_context_set_profile (tl_context_get (), profile);
  running = session;
  catch_signals ();
  status = run_cells (session, snapshot);
  running = NULL;
  tl_context_set_profile (tl_context_get (), NULL);
  tl_session_free (session);
  if (profile != NULL && !write_profile (profile, profile_path, options->quiet) && status == TL_EXIT_OK)
    status = TL_EXIT_ERROR;
  return n_signals > 0 ? TL_EXIT_INTERRUPTED : status;
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
  g_autoptr (GPtrArray)  sets = g_ptr_array_new_with_free_func (g_free);
  Batch                  batch = { .options = options, .sets = sets };
  g_autoptr (TlSnapshot) snapshot = NULL;
  g_autoptr (GError)     error = NULL;
  int                    status;

  ignore_signals ();
  if (read_run (&batch, &error))
    snapshot = load (options, (const char *const *)sets->pdata, &error);
  if (snapshot == NULL) {
    g_printerr ("trellis: %s\n", error->message);
    batch_clear (&batch);
    return status_of (error);
  }
  if (batch.past.document != NULL && !g_bytes_equal (batch.past.document, snapshot->bytes) && !options->quiet)
    g_printerr ("trellis: note: the document has changed since the run %s\n", options->resume);
  tl_cli_set_data_folders ();
  tl_cli_set_memory (options->n_memory_bytes);
  batch.progress = tl_progress_new (options->path, options->quiet);
  status = run_document (&batch, snapshot);
  tl_progress_free (batch.progress);
  batch_clear (&batch);
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  g_printerr ("trellis: what was told could not be written: %s\n", g_strerror (errno));
  return status == TL_EXIT_OK ? TL_EXIT_ERROR : status;
}
