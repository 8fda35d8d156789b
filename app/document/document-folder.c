/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"

#define IGNORE_TEXT "# Made by Trellis: outputs and runs are not for version control.\n*\n"

static char *
beside (const char *document_path)
{
  g_autofree char *stem = g_strdup (document_path);

  if (g_str_has_suffix (stem, ".trellis.md"))
    stem[strlen (stem) - 3] = 0;
  return g_strconcat (stem, g_str_has_suffix (stem, ".trellis") ? ".d" : ".trellis.d", NULL);
}

/* The folder in the user's data that stands in for one beside the document. */
static char *
stand_in (const char *document_path)
{
  g_autofree char *absolute = NULL;
  g_autofree char *hash = NULL;
  g_autofree char *base = NULL;
  g_autofree char *name = NULL;

  if (document_path == NULL)
    return g_build_filename (g_get_user_data_dir (), "trellis", "documents", "untitled.d", NULL);
  absolute = g_canonicalize_filename (document_path, NULL);
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, absolute, -1);
  base = g_path_get_basename (absolute);
  name = g_strdup_printf ("%.100s-%.12s.d", base, hash);
  return g_build_filename (g_get_user_data_dir (), "trellis", "documents", name, NULL);
}

char *
tl_document_folder_path (const char *document_path)
{
  g_autofree char *folder = NULL;
  g_autofree char *parent = NULL;

  if (document_path == NULL)
    return stand_in (NULL);
  folder = beside (document_path);
  parent = g_path_get_dirname (folder);
  if (g_access (folder, W_OK | X_OK) == 0 || (g_access (folder, F_OK) != 0 && g_access (parent, W_OK | X_OK) == 0))
    return g_steal_pointer (&folder);
  return stand_in (document_path);
}

static gboolean
make_folder (const char *path,
             GError    **error)
{
  if (g_mkdir_with_parents (path, 0777) == 0)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: the folder cannot be made: %s", path, g_strerror (errno));
  return FALSE;
}

static char *
ensure (const char *folder,
        const char *sub,
        GError    **error)
{
  g_autofree char   *ignore = g_build_filename (folder, ".gitignore", NULL);
  g_autofree char   *path = sub ? g_build_filename (folder, sub, NULL) : g_strdup (folder);
  g_autoptr (GError) local = NULL;

  if (!make_folder (path, error))
    return NULL;
  if (g_access (ignore, F_OK) != 0 && !g_file_set_contents (ignore, IGNORE_TEXT, -1, &local)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: cannot be written: %s", ignore, local->message);
    return NULL;
  }
  return g_steal_pointer (&path);
}

char *
tl_document_folder_ensure (const char *document_path,
                           const char *sub,
                           GError    **error)
{
  g_autofree char *folder = tl_document_folder_path (document_path);
  g_autofree char *other = NULL;
  char            *path = ensure (folder, sub, NULL);

  if (path != NULL)
    return path;
  other = stand_in (document_path);
  return ensure (other, sub, error);
}

char *
tl_document_folder_new_run (const char *document_path,
                            char      **id,
                            GError    **error)
{
  g_autofree char *runs = tl_document_folder_ensure (document_path, "runs", error);

  return runs != NULL ? tl_document_folder_new_run_in (runs, id, error) : NULL;
}

char *
tl_document_folder_new_run_in (const char *runs,
                               char      **id,
                               GError    **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char      *stamp = g_date_time_format (now, "%Y%m%d-%H%M%S");

  if (!make_folder (runs, error))
    return NULL;
  for (guint n = 1; n < 10000; n++) {
    g_autofree char *name = n == 1 ? g_strdup (stamp) : g_strdup_printf ("%s-%u", stamp, n);
    g_autofree char *path = g_build_filename (runs, name, NULL);

    if (g_mkdir (path, 0777) == 0) {
      if (id != NULL)
        *id = g_steal_pointer (&name);
      return g_steal_pointer (&path);
    }
    if (errno != EEXIST) {
      g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: the folder cannot be made: %s", path, g_strerror (errno));
      return NULL;
    }
  }
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: too many runs in one second", runs);
  return NULL;
}

/* Newest first: by time, then by the number behind it. */
static int
compare_ids (gconstpointer a,
             gconstpointer b)
{
  const char *x = *(const char *const *)a, *y = *(const char *const *)b;
  int         order = strncmp (y, x, 15);

  if (order != 0)
    return order;
  if (strlen (x) != strlen (y))
    return strlen (x) < strlen (y) ? 1 : -1;
  return strcmp (y, x);
}

GStrv
tl_document_folder_list_runs (const char *document_path)
{
  g_autofree char      *folder = tl_document_folder_path (document_path);
  g_autofree char      *runs = g_build_filename (folder, "runs", NULL);
  g_autoptr (GDir)      dir = g_dir_open (runs, 0, NULL);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  const char           *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (runs, name, NULL);

    if (name[0] != '.' && g_file_test (path, G_FILE_TEST_IS_DIR))
      g_ptr_array_add (ids, g_strdup (name));
  }
  g_ptr_array_sort (ids, compare_ids);
  g_ptr_array_add (ids, NULL);
  return (GStrv)g_ptr_array_free (g_steal_pointer (&ids), FALSE);
}
