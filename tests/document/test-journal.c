/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/journal.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/document/document-file.h"
#include "core/base/error.h"

typedef struct {
  char *folder;
  char *journals;
  char *path;
} Fixture;

static void
set_up (Fixture      *f,
        gconstpointer data)
{
  f->folder = g_dir_make_tmp ("trellis-XXXXXX", NULL);
  f->journals = g_build_filename (f->folder, "journal", NULL);
  f->path = g_build_filename (f->folder, "a.trellis", NULL);
  g_assert_true (g_file_set_contents (f->path, "# Title\n", -1, NULL));
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint            n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
tear_down (Fixture      *f,
           gconstpointer data)
{
  const char *const folders[] = { f->journals, f->folder };

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GDir) dir = g_dir_open (folders[i], 0, NULL);
    const char      *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
      g_autofree char *path = g_build_filename (folders[i], name, NULL);

      g_remove (path);
    }
    g_remove (folders[i]);
  }
  g_free (f->folder);
  g_free (f->journals);
  g_free (f->path);
}

static void
append (TlDocument *document,
        const char *text)
{
  TlCell *cell = tl_document_get_cell (document, 0);
  gsize   length;

  tl_cell_get_text (cell, &length);
  g_assert_true (tl_document_replace_text (document, cell, length, 0, text, -1, NULL));
}

static void
assert_text (TlDocument *document,
             const char *expected)
{
  g_autoptr (GBytes) bytes = tl_document_to_bytes (document);

  g_assert_cmpint (g_bytes_get_size (bytes), ==, strlen (expected));
  g_assert_cmpint (strncmp (g_bytes_get_data (bytes, NULL), expected, strlen (expected)), ==, 0);
}

static GPtrArray *
list (Fixture *f,
      guint    n_expected)
{
  GPtrArray *entries = tl_journal_list (f->journals);

  g_assert_cmpuint (entries->len, ==, n_expected);
  return entries;
}

static void
test_clean (Fixture      *f,
            gconstpointer data)
{
  g_autoptr (TlDocument) document = tl_document_load (f->path, NULL);
  TlJournal             *journal = tl_journal_attach (document, f->journals);
  g_autofree char       *path = NULL;

  g_assert_cmpuint (count_files (f->journals), ==, 0);
  append (document, "!");
  tl_journal_flush (journal);
  path = tl_journal_dup_path (journal);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  /* It is in use: nobody else is offered it. */
  g_ptr_array_unref (list (f, 0));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (tl_document_save (document, NULL, TL_SAVE_NONE, NULL));
  tl_journal_flush (journal);
  g_assert_cmpuint (count_files (f->journals), ==, 0);
  append (document, "?");
  tl_journal_flush (journal);
  g_assert_cmpuint (count_files (f->journals), ==, 1);
  tl_journal_close (journal);
  g_assert_cmpuint (count_files (f->journals), ==, 0);
}

/* The timer alone must bring an edit to disk within a second. */
static void
test_in_time (Fixture      *f,
              gconstpointer data)
{
  g_autoptr (TlDocument) document = tl_document_load (f->path, NULL);
  TlJournal             *journal = tl_journal_attach (document, f->journals);
  gint64                 end = g_get_monotonic_time () + G_USEC_PER_SEC;

  append (document, "!");
  while (count_files (f->journals) == 0) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (5000);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  tl_journal_close (journal);
}

static void
child (Fixture *f)
{
  g_autoptr (TlDocument) document = tl_document_load (f->path, NULL);
  TlJournal             *journal = tl_journal_attach (document, f->journals);

  append (document, " one");
  tl_journal_flush (journal);
  append (document, " two");
  tl_journal_flush (journal);
  append (document, " never written");
  kill (getpid (), SIGKILL);
}

static void
test_killed (Fixture      *f,
             gconstpointer data)
{
  g_autoptr (GPtrArray)  entries = NULL;
  g_autoptr (TlDocument) document = NULL;
  g_autoptr (GError)     error = NULL;
  TlJournal             *journal;
  TlJournalEntry        *entry;

  if (g_test_subprocess ()) {
    g_remove (f->path);
    g_remove (f->folder);
    f->journals = g_strdup (g_getenv ("TL_TEST_JOURNALS"));
    f->path = g_strdup (g_getenv ("TL_TEST_DOCUMENT"));
    child (f);
  }
  g_setenv ("TL_TEST_JOURNALS", f->journals, TRUE);
  g_setenv ("TL_TEST_DOCUMENT", f->path, TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  g_assert_false (g_test_trap_has_passed ());

  entries = list (f, 1);
  entry = entries->pdata[0];
  g_assert_cmpstr (entry->document_path, ==, f->path);
  g_assert_cmpstr (entry->title, ==, "Title one two");
  document = tl_journal_recover (entry->journal_path, &journal, &error);
  g_assert_no_error (error);
  assert_text (document, "# Title one two\n");
  g_assert_true (tl_document_is_modified (document));
  g_assert_cmpstr (tl_document_get_path (document), ==, f->path);
  g_assert_cmpint (tl_document_get_disk_state (document), ==, TL_DISK_SAME);

  /* A second crash right now loses nothing. */
  tl_journal_keep (journal);
  g_clear_object (&document);
  g_ptr_array_unref (entries);
  entries = list (f, 1);
  document = tl_journal_recover (((TlJournalEntry *)entries->pdata[0])->journal_path, &journal, &error);
  assert_text (document, "# Title one two\n");
  tl_document_undo (document, NULL);
  assert_text (document, "# Title\n");
  g_assert_false (tl_document_is_modified (document));
  tl_document_redo (document, NULL);
  g_assert_true (tl_document_save (document, NULL, TL_SAVE_NONE, &error));
  tl_journal_close (journal);
  g_ptr_array_unref (list (f, 0));
  g_assert_cmpuint (count_files (f->journals), ==, 0);
}

static void
test_unnamed (Fixture      *f,
              gconstpointer data)
{
  TlDocument           *document = tl_document_new ();
  TlJournal            *journal = tl_journal_attach (document, f->journals);
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GError)    error = NULL;

  tl_document_insert_cell (document, 0, TL_CELL_LUA, "a", "x = 1", NULL);
  tl_journal_keep (journal);
  g_object_unref (document);
  entries = list (f, 1);
  g_assert_null (((TlJournalEntry *)entries->pdata[0])->document_path);
  g_assert_cmpstr (((TlJournalEntry *)entries->pdata[0])->title, ==, "Untitled");
  g_assert_true (tl_journal_discard (((TlJournalEntry *)entries->pdata[0])->journal_path, &error));
  g_ptr_array_unref (list (f, 0));
}

/* Edits that were taken back, or that the file has by now, are no reason to ask. */
static void
test_no_false_prompt (Fixture      *f,
                      gconstpointer data)
{
  TlDocument *document = tl_document_load (f->path, NULL);
  TlJournal  *journal = tl_journal_attach (document, f->journals);

  append (document, "!");
  tl_journal_flush (journal);
  tl_document_undo (document, NULL);
  tl_journal_keep (journal);
  g_object_unref (document);
  g_ptr_array_unref (list (f, 0));
  g_assert_cmpuint (count_files (f->journals), ==, 0);

  document = tl_document_load (f->path, NULL);
  journal = tl_journal_attach (document, f->journals);
  append (document, "!");
  tl_journal_keep (journal);
  g_object_unref (document);
  g_assert_true (g_file_set_contents (f->path, "# Title!\n", -1, NULL));
  g_ptr_array_unref (list (f, 0));
}

/* Cut off anywhere, or with a byte changed anywhere, a journal gives a state that once was, or nothing. */
static void
test_damaged (Fixture      *f,
              gconstpointer data)
{
  TlDocument       *document = tl_document_load (f->path, NULL);
  TlJournal        *journal = tl_journal_attach (document, f->journals);
  g_autofree char  *path = NULL;
  g_autofree char  *whole = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  gsize             length;
  guint             n_recovered = 0;

  append (document, "1");
  tl_journal_flush (journal);
  path = tl_journal_dup_path (journal);
  append (document, "2");
  tl_journal_keep (journal);
  g_object_unref (document);
  g_assert_true (g_file_get_contents (path, &whole, &length, NULL));
  for (guint i = 0; i < 2 * length; i++) {
    g_autofree char *bad = g_memdup2 (whole, length);
    gsize            n = i < length ? i : length;
    TlDocument      *recovered;

    if (i >= length)
      bad[i - length] ^= 1 << g_rand_int_range (random, 0, 8);
    g_assert_true (g_file_set_contents (path, bad, n, NULL));
    recovered = tl_journal_recover (path, NULL, NULL);
    if (recovered != NULL) {
      g_autoptr (GBytes) bytes = tl_document_to_bytes (recovered);
      g_autofree char   *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

      g_assert_true (g_str_equal (text, "# Title\n") || g_str_equal (text, "# Title1\n") || g_str_equal (text, "# Title12\n"));
      n_recovered++;
      g_object_unref (recovered);
    }
    g_ptr_array_unref (tl_journal_list (f->journals));
  }
  g_assert_cmpuint (n_recovered, >, 20);
}

#define ADD(name, func) g_test_add ("/document/journal/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("clean", test_clean);
  ADD ("in-time", test_in_time);
  ADD ("killed", test_killed);
  ADD ("unnamed", test_unnamed);
  ADD ("no-false-prompt", test_no_false_prompt);
  ADD ("damaged", test_damaged);
  return g_test_run ();
}
