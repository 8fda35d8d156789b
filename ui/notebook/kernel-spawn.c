/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/kernel-spawn.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "ui/notebook/kernel-client.h"
#include "ui/shell/preferences.h"

/* The socket of a document: its folder belongs to the user alone, and the name is short enough for an address. */
char *
tl_kernel_client_make_socket_path (const char *document_path)
{
  g_autofree char *folder = g_build_filename (g_get_user_runtime_dir (), "trellis", NULL);
  g_autofree char *name = NULL;

  g_mkdir_with_parents (folder, 0700);
  if (document_path != NULL) {
    g_autofree char *full = g_canonicalize_filename (document_path, NULL);
    g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, full, -1);

    name = g_strdup_printf ("%.24s.sock", sum);
  } else {
    name = g_strdup_printf ("new-%d-%08x.sock", (int)getpid (), g_random_int ());
  }
  return g_build_filename (folder, name, NULL);
}

char *
tl_kernel_client_find_program (void)
{
  const char      *from_environment = g_getenv ("TRELLIS_PROGRAM");
  g_autofree char *self_path = NULL;
  g_autofree char *folder = NULL;

  if (from_environment != NULL)
    return g_strdup (from_environment);
  self_path = g_file_read_link ("/proc/self/exe", NULL);
  if (self_path != NULL) {
    static const char *const places[] = { "trellis", "../app/cli/trellis" };

    folder = g_path_get_dirname (self_path);
    for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
      g_autofree char *path = g_build_filename (folder, places[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) && g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  }
  return g_find_program_in_path ("trellis");
}

static void
child_setup (gpointer user_data)
{
  /* A session of its own: what ends the window's terminal or session of processes does not end a training. */
  setsid ();
}

GSubprocess *
tl_kernel_client_spawn (const char *document_path,
                        const char *socket_path,
                        GError    **error)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char                *program = tl_kernel_client_find_program ();
  g_autofree char                *log = g_strconcat (socket_path, ".log", NULL);
  g_autofree char                *folder = NULL;
  int                             threads = tl_preferences_get_threads (tl_preferences_get_default ());
  g_autofree char                *n_threads = g_strdup_printf ("%d", threads);
  GPtrArray                      *argv;
  GSubprocess                    *process;

  if (program == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("the program “trellis” was not found"));
    return NULL;
  }
  g_unlink (socket_path);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_subprocess_launcher_set_stderr_file_path (launcher, log);
  g_subprocess_launcher_set_child_setup (launcher, child_setup, NULL, NULL);
  folder = document_path != NULL ? g_path_get_dirname (document_path) : g_strdup (g_get_home_dir ());
  g_subprocess_launcher_set_cwd (launcher, folder);
  argv = g_ptr_array_new ();
  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (char *)"--kernel");
  if (document_path != NULL) {
    g_ptr_array_add (argv, (char *)"--document");
    g_ptr_array_add (argv, (char *)document_path);
  }
  if (threads > 0) {
    g_ptr_array_add (argv, (char *)"--threads");
    g_ptr_array_add (argv, n_threads);
  }
  g_ptr_array_add (argv, (char *)"--socket");
  g_ptr_array_add (argv, (char *)socket_path);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *)argv->pdata, error);
  g_ptr_array_unref (argv);
  return process;
}
