/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/catalog/reference.h"
#include "app/cli/cli.h"
#include "app/kernel/server.h"
#include "config.h"

/* One row a verb or option; --help prints it. */
// clang-format off
static const struct {
  const char *option;
  const char *doc;
} help[] = {
  { "trellis [FILE]",              "open the desktop program" },
  { "trellis --batch FILE",        "run all cells of a document, top to bottom" },
  { "trellis --kernel",            "serve one document to a desktop" },
  { "trellis --bench NAME",        "time one training workload; \"list\" names them" },
  { "trellis --list-devices",      "name the devices that can compute" },
  { "trellis --version",           "print the version" },
  { "trellis --help",              "print this" },
  { "trellis --help NAME",         "print the reference page of an operation, layer, optimizer..." },
  { "trellis --reference FOLDER",  "write all reference pages, as Markdown" },
  { "",                            "" },
  { "with --batch:",               "" },
  { "--set CELL.NAME=VALUE",       "replace the first literal of that name in a cell" },
  { "--set CELL.NODE.ATTR=VALUE",  "replace an attribute of a node in a graph cell" },
  { "--output DIR",                "keep runs in DIR, not beside the document" },
  { "--resume RUN",                "go on from the checkpoint of a run: its folder, or its id" },
  { "--device NAME",               "where to compute (cpu)" },
  { "--threads N",                 "threads that compute (one per processor)" },
  { "--memory MIB",                "what tensors and Lua may use together (80 % of the machine)" },
  { "--seed N",                    "seed of all random numbers (the document's, or 42)" },
  { "--profile FILE",              "write a trace of all operations (for ui.perfetto.dev), and show which took most time" },
  { "--json",                      "print one event per line, as JSON" },
  { "--quiet",                     "print errors only" },
  { "",                            "" },
  { "with --kernel:",              "" },
  { "--socket PATH",               "where to listen" },
  { "--document PATH",             "the document; runs are kept beside it" },
  { "--threads, --memory, --device", "as with --batch" },
  { "--idle SECONDS",              "leave when nobody was there for so long (600)" },
  { "",                            "" },
  { "exit status:",                "0 done, 1 error in document, cell, graph or override, 2 usage," },
  { "",                            "4 out of memory, 130 interrupted" },
};
// clang-format on

static int
print_help (void)
{
  g_print ("Trellis %s, a notebook for machine learning\n\n", TL_VERSION);
  for (guint i = 0; i < G_N_ELEMENTS (help); i++)
    g_print ("  %-28s %s\n", help[i].option, help[i].doc);
  return TL_EXIT_OK;
}

static int usage_error (const char *format,
                        ...) G_GNUC_PRINTF (1, 2);

static int
usage_error (const char *format,
             ...)
{
  g_autofree char *text = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("trellis: %s\nTry \"trellis --help\".\n", text);
  return TL_EXIT_USAGE;
}

/* The desktop stands beside this program, beside it in the build folder, or in the path. */
static int
run_desktop (char *argv[])
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self != NULL ? g_path_get_dirname (self) : NULL;
  g_autofree char *beside = folder != NULL ? g_build_filename (folder, "trellis-desktop", NULL) : NULL;
  g_autofree char *in_tree = folder != NULL ? g_build_filename (folder, "..", "..", "ui", "trellis-desktop", NULL) : NULL;

  if (g_getenv ("DISPLAY") == NULL && g_getenv ("WAYLAND_DISPLAY") == NULL) {
    g_printerr ("trellis: there is no display to open a window on; \"trellis --batch FILE\" runs a document without one\n");
    return TL_EXIT_ERROR;
  }
  if (beside != NULL)
    execv (beside, argv);
  if (in_tree != NULL)
    execv (in_tree, argv);
  execvp ("trellis-desktop", argv);
  g_printerr ("trellis: the desktop program trellis-desktop cannot be started: %s\n", g_strerror (errno));
  return TL_EXIT_ERROR;
}

static gboolean
parse_number (const char *text,
              guint64     max,
              guint64    *number)
{
  return g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

static int
set_option (TlBatchOptions *options,
            GPtrArray      *sets,
            const char     *option,
            const char     *value)
{
  guint64 number;

  if (strcmp (option, "--set") == 0) {
    g_ptr_array_add (sets, (gpointer)value);
  } else if (strcmp (option, "--output") == 0) {
    options->output = value;
  } else if (strcmp (option, "--resume") == 0) {
    options->resume = value;
  } else if (strcmp (option, "--profile") == 0) {
    options->profile = value;
  } else if (strcmp (option, "--device") == 0) {
    options->device = value;
  } else if (strcmp (option, "--threads") == 0) {
    if (!parse_number (value, 256, &number) || number == 0)
      return usage_error ("--threads %s: a number from 1 to 256 is wanted", value);
    options->n_threads = (guint)number;
  } else if (strcmp (option, "--memory") == 0) {
    if (!parse_number (value, 1 << 30, &number) || number == 0)
      return usage_error ("--memory %s: a number of MiB is wanted", value);
    options->n_memory_bytes = number << 20;
  } else if (strcmp (option, "--seed") == 0) {
    if (!parse_number (value, G_MAXUINT64, &options->seed))
      return usage_error ("--seed %s: a whole number is wanted", value);
    options->has_seed = TRUE;
  } else {
    return usage_error ("unknown option %s", option);
  }
  return TL_EXIT_OK;
}

static int
parse_batch (TlBatchOptions *options,
             GPtrArray      *sets,
             int             argc,
             char           *argv[])
{
  for (int i = 2; i < argc; i++) {
    const char *option = argv[i];
    int         status;

    if (strcmp (option, "--json") == 0) {
      options->json = TRUE;
    } else if (strcmp (option, "--quiet") == 0) {
      options->quiet = TRUE;
    } else if (option[0] != '-') {
      if (options->path != NULL)
        return usage_error ("one document at a time: %s and %s", options->path, option);
      options->path = option;
    } else {
      if (i + 1 == argc)
        return usage_error ("%s: unknown, or its value is missing", option);
      status = set_option (options, sets, option, argv[++i]);
      if (status != TL_EXIT_OK)
        return status;
    }
  }
  return options->path != NULL ? TL_EXIT_OK : usage_error ("--batch needs a document");
}

static int
write_reference (const char *folder)
{
  g_autoptr (GError) error = NULL;

  if (tl_reference_write (folder, &error))
    return TL_EXIT_OK;
  g_printerr ("trellis: %s\n", error->message);
  return TL_EXIT_ERROR;
}

static int
run_kernel (int   argc,
            char *argv[])
{
  g_autoptr (GPtrArray) sets = g_ptr_array_new ();
  g_autoptr (GError)    error = NULL;
  TlBatchOptions        batch = { 0 };
  TlServerOptions       options = { 0 };

  for (int i = 2; i < argc; i += 2) {
    guint64 number;

    if (i + 1 == argc)
      return usage_error ("%s: unknown, or its value is missing", argv[i]);
    if (strcmp (argv[i], "--document") == 0) {
      options.document_path = argv[i + 1];
    } else if (strcmp (argv[i], "--socket") == 0) {
      options.socket_path = argv[i + 1];
    } else if (strcmp (argv[i], "--idle") == 0) {
      if (!parse_number (argv[i + 1], G_MAXINT32, &number) || number == 0)
        return usage_error ("--idle %s: seconds are wanted", argv[i + 1]);
      options.idle_s = (guint)number;
    } else if (strcmp (argv[i], "--threads") == 0 || strcmp (argv[i], "--device") == 0 ||
               strcmp (argv[i], "--memory") == 0) {
      int status = set_option (&batch, sets, argv[i], argv[i + 1]);

      if (status != TL_EXIT_OK)
        return status;
    } else {
      return usage_error ("unknown option %s", argv[i]);
    }
  }
  if (options.socket_path == NULL)
    return usage_error ("--kernel needs a --socket");
  options.n_threads = batch.n_threads;
  options.device = batch.device;
  tl_cli_set_data_folders ();
  tl_cli_set_memory (batch.n_memory_bytes);
  if (tl_server_run (&options, &error))
    return TL_EXIT_OK;
  g_printerr ("trellis: %s\n", error->message);
  return TL_EXIT_ERROR;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GPtrArray) sets = g_ptr_array_new ();
  TlBatchOptions        options = { 0 };
  int                   status;

  if (argc < 2 || argv[1][0] != '-')
    return run_desktop (argv);
  if (strcmp (argv[1], "--version") == 0) {
    g_print ("Trellis %s\n", TL_VERSION);
    return TL_EXIT_OK;
  }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
    return argc > 2 ? tl_cli_help (argv[2]) : print_help ();
  if (strcmp (argv[1], "--reference") == 0)
    return argc > 2 ? write_reference (argv[2]) : usage_error ("--reference needs a folder");
  if (strcmp (argv[1], "--list-devices") == 0) {
    g_print ("cpu\n");
    return TL_EXIT_OK;
  }
  if (strcmp (argv[1], "--bench") == 0)
    return argc > 2 ? tl_cli_bench (argc - 2, argv + 2) : usage_error ("--bench needs a name");
  if (strcmp (argv[1], "--kernel") == 0)
    return run_kernel (argc, argv);
  if (strcmp (argv[1], "--batch") != 0)
    return usage_error ("unknown option %s", argv[1]);
  status = parse_batch (&options, sets, argc, argv);
  g_ptr_array_add (sets, NULL);
  options.sets = (const char *const *)sets->pdata;
  return status == TL_EXIT_OK ? tl_cli_batch (&options) : status;
}
