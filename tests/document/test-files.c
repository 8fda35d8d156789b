/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/document/document-folder.h"
#include "core/base/error.h"

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer data)
{
  f->folder = g_dir_make_tmp ("trellis-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "a.trellis", NULL);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char      *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

static void
tear_down (Fixture      *f,
           gconstpointer data)
{
  g_chmod (f->folder, 0700);
  remove_tree (f->folder);
  g_free (f->folder);
  g_free (f->path);
}

static void
write_text (const char *path,
            const char *text)
{
  g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
}

static void
assert_file (const char *path,
             const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint            n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
edit (TlDocument *document)
{
  g_assert_true (tl_document_replace_text (document, tl_document_get_cell (document, 0), 0, 0, "+", 1, NULL));
  tl_document_break_typing (document);
}

static void
test_save (Fixture      *f,
           gconstpointer data)
{
  g_autoptr (TlDocument) document = NULL;
  g_autofree char       *link = g_build_filename (f->folder, "link", NULL);
  struct stat            info;

  write_text (f->path, "A\r\nB");
  g_assert_cmpint (g_chmod (f->path, 0640), ==, 0);
  g_assert_cmpint (symlink ("a.trellis", link), ==, 0);
  document = tl_document_load (link, NULL);
  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_SAME);
  edit (document);
  g_assert_true (tl_document_save (document, NULL, TL_SAVE_NONE, NULL));
  g_assert_false (tl_document_is_modified (document));
  assert_file (f->path, "+A\r\nB");
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_cmpint (g_stat (f->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
  g_assert_cmpuint (count_files (f->folder), ==, 2);
  tl_document_undo (document, NULL);
  g_assert_true (tl_document_is_modified (document));
  g_assert_true (tl_document_save (document, NULL, TL_SAVE_NONE, NULL));
  assert_file (f->path, "A\r\nB");
}

static void
test_changed_on_disk (Fixture      *f,
                      gconstpointer data)
{
  g_autoptr (TlDocument) document = NULL;
  g_autoptr (GError)     error = NULL;
  struct timespec        times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

  write_text (f->path, "A\n");
  document = tl_document_load (f->path, NULL);
  /* The same bytes at another time are no change. */
  g_assert_cmpint (utimensat (AT_FDCWD, f->path, times, 0), ==, 0);
  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_SAME);
  write_text (f->path, "B\n");
  g_assert_cmpint (utimensat (AT_FDCWD, f->path, times, 0), ==, 0);
  times[1].tv_sec = 2000;
  g_assert_cmpint (utimensat (AT_FDCWD, f->path, times, 0), ==, 0);
  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_CHANGED);
  edit (document);
  g_assert_false (tl_document_save (document, NULL, TL_SAVE_NONE, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  assert_file (f->path, "B\n");
  g_assert_true (tl_document_is_modified (document));
  g_assert_true (tl_document_save (document, NULL, TL_SAVE_FORCE, NULL));
  assert_file (f->path, "+A\n");
  g_remove (f->path);
  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_MISSING);
  g_assert_true (tl_document_save (document, NULL, TL_SAVE_NONE, NULL));
  assert_file (f->path, "+A\n");
}

static void
test_save_as (Fixture      *f,
              gconstpointer data)
{
  g_autoptr (TlDocument) document = tl_document_new ();
  g_autoptr (GError)     error = NULL;
  g_autofree char       *copy = g_build_filename (f->folder, "copy.trellis", NULL);

  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_UNNAMED);
  g_assert_false (tl_document_save (document, NULL, TL_SAVE_NONE, &error));
  g_clear_error (&error);
  tl_document_insert_cell (document, 0, TL_CELL_LUA, "a", "x = 1", NULL);
  g_assert_true (tl_document_save (document, copy, TL_SAVE_COPY, NULL));
  g_assert_null (tl_document_get_path (document));
  g_assert_true (tl_document_is_modified (document));
  g_assert_true (tl_document_save (document, f->path, TL_SAVE_NONE, NULL));
  g_assert_cmpstr (tl_document_get_path (document), ==, f->path);
  g_assert_false (tl_document_is_modified (document));
  assert_file (f->path, "---\ntrellis: 1\n---\n\n```lua {#a}\nx = 1\n```\n");
  assert_file (copy, "---\ntrellis: 1\n---\n\n```lua {#a}\nx = 1\n```\n");
}

static void
test_errors (Fixture      *f,
             gconstpointer data)
{
  g_autoptr (TlDocument) document = tl_document_new ();
  g_autofree char       *nowhere = g_build_filename (f->folder, "no", "a.trellis", NULL);
  g_autoptr (GError)     error = NULL;

  g_assert_null (tl_document_load (nowhere, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_assert_true (g_str_has_prefix (error->message, nowhere));
  g_clear_error (&error);
  g_assert_null (tl_document_load (f->folder, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (tl_document_save (document, nowhere, TL_SAVE_NONE, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (tl_document_save (document, f->folder, TL_SAVE_NONE, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_clear_error (&error);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(TlDocument **)user_data = tl_document_load_finish (result, NULL);
}

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  *(int *)user_data = tl_document_save_finish (TL_DOCUMENT (source), result, NULL);
}

static void
test_async (Fixture      *f,
            gconstpointer data)
{
  TlDocument *document = NULL;
  int         saved = -1;

  write_text (f->path, "A\n");
  tl_document_load_async (f->path, NULL, loaded_cb, &document);
  while (document == NULL)
    g_main_context_iteration (NULL, TRUE);
  edit (document);
  tl_document_save_async (document, NULL, TL_SAVE_NONE, NULL, saved_cb, &saved);
  /* An edit meanwhile is not in the file and keeps the mark. */
  edit (document);
  while (saved == -1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (saved, ==, TRUE);
  g_assert_true (tl_document_is_modified (document));
  assert_file (f->path, "+A\n");
  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_SAME);
  g_object_unref (document);
}

static void
test_folder (Fixture      *f,
             gconstpointer data)
{
  g_autofree char *folder = tl_document_folder_path (f->path);
  g_autofree char *markdown = g_strconcat (f->path, ".md", NULL);
  g_autofree char *same = tl_document_folder_path (markdown);
  g_autofree char *other = tl_document_folder_path ("/nonexistent/a.trellis");
  g_autofree char *expected = g_strconcat (f->path, ".d", NULL);
  g_autofree char *ignore = g_build_filename (folder, ".gitignore", NULL);
  g_autofree char *first = NULL, *second = NULL, *run = NULL, *run2 = NULL, *fallback = NULL;
  g_auto (GStrv)   runs = NULL;

  g_assert_cmpstr (folder, ==, expected);
  g_assert_cmpstr (same, ==, expected);
  g_assert_true (g_str_has_prefix (other, g_get_user_data_dir ()));
  /* A place where nothing can be made, whoever asks. */
  fallback = tl_document_folder_ensure ("/proc/a.trellis", "outputs", NULL);
  g_assert_true (g_str_has_prefix (fallback, g_get_user_data_dir ()));
  g_assert_true (g_file_test (fallback, G_FILE_TEST_IS_DIR));
  run = tl_document_folder_new_run (f->path, &first, NULL);
  run2 = tl_document_folder_new_run (f->path, &second, NULL);
  g_assert_cmpstr (first, !=, second);
  g_assert_true (g_file_test (run, G_FILE_TEST_IS_DIR) && g_file_test (run2, G_FILE_TEST_IS_DIR));
  g_assert_true (g_file_test (ignore, G_FILE_TEST_IS_REGULAR));
  runs = tl_document_folder_list_runs (f->path);
  g_assert_cmpuint (g_strv_length (runs), ==, 2);
  g_assert_cmpstr (runs[0], ==, second);
}

#define ADD(name, func) g_test_add ("/document/files/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("save", test_save);
  ADD ("changed-on-disk", test_changed_on_disk);
  ADD ("save-as", test_save_as);
  ADD ("errors", test_errors);
  ADD ("async", test_async);
  ADD ("folder", test_folder);
  return g_test_run ();
}
