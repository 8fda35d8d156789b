/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/io/atomic-file.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  self->folder = g_dir_make_tmp ("trellis-atomic-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "f", NULL);
  g_assert_true (g_file_set_contents (self->path, "old", 3, NULL));
}

static guint
count_files (Fixture *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  guint            n_files = 0;

  while (g_dir_read_name (folder) != NULL)
    n_files++;
  return n_files;
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  g_assert_cmpuint (count_files (self), ==, 1);
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
}

static void
assert_contents (Fixture    *self,
                 const char *expected)
{
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (self->path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, expected);
}

static void
test_commit (Fixture      *self,
             gconstpointer data)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (TlAtomicFile) file = NULL;
  struct stat              status;

  g_assert_cmpint (chmod (self->path, 0640), ==, 0);
  file = tl_atomic_file_open (self->path, &error);
  g_assert_no_error (error);
  g_assert_true (tl_atomic_file_write (file, "ne", 2, &error));
  g_assert_true (tl_atomic_file_write (file, "w", 1, &error));
  assert_contents (self, "old");
  g_assert_true (tl_atomic_file_commit (file, &error));
  assert_contents (self, "new");
  g_assert_cmpint (stat (self->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0640);
}

static void
test_abandon (Fixture      *self,
              gconstpointer data)
{
  TlAtomicFile *file = tl_atomic_file_open (self->path, NULL);

  g_assert_true (tl_atomic_file_write (file, "new", 3, NULL));
  g_assert_cmpuint (count_files (self), ==, 2);
  tl_atomic_file_free (file);
  assert_contents (self, "old");
}

/* More than the buffer in one piece and in many. */
static void
test_large (Fixture      *self,
            gconstpointer data)
{
  g_autoptr (TlAtomicFile) file = tl_atomic_file_open (self->path, NULL);
  g_autofree char         *block = g_strnfill (200000, 'x');
  g_autofree char         *contents = NULL;
  gsize                    n_bytes;

  for (int i = 0; i < 70000; i++)
    g_assert_true (tl_atomic_file_write (file, "ab", 2, NULL));
  g_assert_true (tl_atomic_file_write (file, block, 200000, NULL));
  g_assert_true (tl_atomic_file_write (file, "end", 3, NULL));
  g_assert_true (tl_atomic_file_commit (file, NULL));
  g_assert_true (g_file_get_contents (self->path, &contents, &n_bytes, NULL));
  g_assert_cmpuint (n_bytes, ==, 340003);
  g_assert_cmpmem (contents + 139998, 4, "abxx", 4);
  g_assert_cmpmem (contents + 339999, 4, "xend", 4);
}

static void
test_link (Fixture      *self,
           gconstpointer data)
{
  g_autofree char         *link_path = g_build_filename (self->folder, "link", NULL);
  g_autoptr (TlAtomicFile) file = NULL;
  struct stat              status;

  g_assert_cmpint (symlink ("f", link_path), ==, 0);
  file = tl_atomic_file_open (link_path, NULL);
  g_assert_true (tl_atomic_file_write (file, "new", 3, NULL));
  g_assert_true (tl_atomic_file_commit (file, NULL));
  assert_contents (self, "new");
  g_assert_cmpint (lstat (link_path, &status), ==, 0);
  g_assert_true (S_ISLNK (status.st_mode));
  g_assert_cmpint (g_unlink (link_path), ==, 0);
}

static void
test_no_folder (Fixture      *self,
                gconstpointer data)
{
  g_autofree char   *path = g_build_filename (self->folder, "none", "f", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (tl_atomic_file_open (path, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, path));
}

/* A limit on the size of files stands for a full disk: write() fails in the middle. */
static void
test_full (Fixture      *self,
           gconstpointer data)
{
  g_autofree char   *block = g_strnfill (300000, 'x');
  g_autoptr (GError) error = NULL;
  TlAtomicFile      *file;
  struct rlimit      before;
  struct rlimit      small;
  gboolean           is_written;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  small = before;
  small.rlim_cur = 100000;
  file = tl_atomic_file_open (self->path, NULL);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  is_written = tl_atomic_file_write (file, block, 300000, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_false (is_written);
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  tl_atomic_file_free (file);
  assert_contents (self, "old");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/io/atomic-file/commit", Fixture, NULL, set_up, test_commit, tear_down);
  g_test_add ("/io/atomic-file/abandon", Fixture, NULL, set_up, test_abandon, tear_down);
  g_test_add ("/io/atomic-file/large", Fixture, NULL, set_up, test_large, tear_down);
  g_test_add ("/io/atomic-file/link", Fixture, NULL, set_up, test_link, tear_down);
  g_test_add ("/io/atomic-file/no-folder", Fixture, NULL, set_up, test_no_folder, tear_down);
  g_test_add ("/io/atomic-file/full", Fixture, NULL, set_up, test_full, tear_down);
  return g_test_run ();
}
