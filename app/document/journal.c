/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/document/document-private.h"
#include "app/document/journal-private.h"
#include "core/base/error.h"

#define FLUSH_MS 400

/* What the writing thread is asked to do. */
typedef struct {
  enum { JOB_WRITE,
         JOB_REMOVE,
         JOB_QUIT } kind;
  char   *document_path;
  GBytes *base;
  GBytes *bytes;
} Job;

struct _TlJournal {
  TlDocument *document;
  GBytes     *base; /* the document on disk */
  GSource    *timer;
  GThread    *thread;
  GMutex      mutex; /* guards what follows */
  GCond       cond;
  GQueue      jobs;
  guint       n_busy; /* jobs queued or running */
  GError     *error;
  char       *path;
  /* Of the thread alone. */
  TlJournalFile file;
  GBytes       *file_base; /* what the file starts from, and for which document */
  char         *file_document;
  /* The journal this document was recovered from, until its own is on disk. */
  char   *old_path;
  int     old_fd;
  GError *shown_error; /* of the main thread */
};

/* --- the thread -------------------------------------------------------------------------------------------------------- */

static void
job_free (Job *job)
{
  g_free (job->document_path);
  g_clear_pointer (&job->base, g_bytes_unref);
  g_clear_pointer (&job->bytes, g_bytes_unref);
  g_free (job);
}

static void
drop_old (TlJournal *self)
{
  if (self->old_path == NULL)
    return;
  unlink (self->old_path);
  close (self->old_fd);
  g_clear_pointer (&self->old_path, g_free);
}

static void
run_job (TlJournal *self,
         Job       *job)
{
  GError *error = NULL;

  if (job->kind == JOB_REMOVE) {
    tl_journal_file_remove (&self->file);
    drop_old (self);
  } else if (job->kind == JOB_WRITE) {
    /* With another base or path the records so far mean nothing. */
    if (self->file_base != job->base || g_strcmp0 (self->file_document, job->document_path) != 0)
      g_clear_pointer (&self->file.last, g_bytes_unref);
    g_clear_pointer (&self->file_base, g_bytes_unref);
    self->file_base = g_bytes_ref (job->base);
    g_free (self->file_document);
    self->file_document = g_strdup (job->document_path);
    if (tl_journal_file_write (&self->file, job->document_path, job->base, job->bytes, &error))
      drop_old (self);
  }
  g_mutex_lock (&self->mutex);
  g_clear_error (&self->error);
  self->error = error;
  g_free (self->path);
  self->path = g_strdup (self->file.path);
  g_mutex_unlock (&self->mutex);
}

static gpointer
journal_thread (gpointer data)
{
  TlJournal *self = data;
  gboolean   quit = FALSE;

  while (!quit) {
    Job *job;

    g_mutex_lock (&self->mutex);
    while ((job = g_queue_pop_head (&self->jobs)) == NULL)
      g_cond_wait (&self->cond, &self->mutex);
    g_mutex_unlock (&self->mutex);
    quit = job->kind == JOB_QUIT;
    run_job (self, job);
    job_free (job);
    g_mutex_lock (&self->mutex);
    self->n_busy--;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->mutex);
  }
  return NULL;
}

static void
push (TlJournal *self,
      int        kind,
      GBytes    *bytes)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  job->document_path = g_strdup (self->document->path);
  job->base = g_bytes_ref (self->base);
  job->bytes = bytes;
  g_mutex_lock (&self->mutex);
  g_queue_push_tail (&self->jobs, job);
  self->n_busy++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

/* --- the main thread ------------------------------------------------------------------------------------------------- */

static void
stop_timer (TlJournal *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static gboolean
timer_cb (gpointer data)
{
  TlJournal *self = data;

  stop_timer (self);
  push (self, JOB_WRITE, tl_document_to_bytes (self->document));
  return G_SOURCE_REMOVE;
}

static void
changed_cb (TlDocument *document,
            TlJournal  *self)
{
  if (self->timer != NULL)
    return;
  self->timer = g_timeout_source_new (FLUSH_MS);
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
saved_cb (TlDocument *document,
          GBytes     *bytes,
          TlJournal  *self)
{
  g_bytes_unref (self->base);
  self->base = g_bytes_ref (bytes);
  stop_timer (self);
  if (!tl_document_is_modified (document))
    push (self, JOB_REMOVE, NULL);
  else
    push (self, JOB_WRITE, tl_document_to_bytes (document));
}

char *
tl_journal_default_folder (void)
{
  return g_build_filename (g_get_user_state_dir (), "trellis", "journal", NULL);
}

static TlJournal *
journal_new (TlDocument *document,
             const char *folder,
             GBytes     *base)
{
  TlJournal       *self = g_new0 (TlJournal, 1);
  g_autofree char *standard = folder ? NULL : tl_journal_default_folder ();

  self->document = g_object_ref (document);
  self->base = g_bytes_ref (base);
  self->old_fd = -1;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  g_queue_init (&self->jobs);
  tl_journal_file_init (&self->file, folder ? folder : standard);
  self->thread = g_thread_new ("journal", journal_thread, self);
  g_signal_connect (document, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect (document, "saved", G_CALLBACK (saved_cb), self);
  return self;
}

TlJournal *
tl_journal_attach (TlDocument *document,
                   const char *folder)
{
  g_autoptr (GBytes) base = NULL;

  g_return_val_if_fail (TL_IS_DOCUMENT (document), NULL);

  base = tl_document_to_bytes (document);
  return journal_new (document, folder, base);
}

void
tl_journal_flush (TlJournal *self)
{
  g_return_if_fail (self != NULL);

  if (self->timer != NULL)
    timer_cb (self);
  g_mutex_lock (&self->mutex);
  while (self->n_busy > 0)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

const GError *
tl_journal_get_error (TlJournal *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_clear_error (&self->shown_error);
  g_mutex_lock (&self->mutex);
  self->shown_error = self->error ? g_error_copy (self->error) : NULL;
  g_mutex_unlock (&self->mutex);
  return self->shown_error;
}

char *
tl_journal_dup_path (TlJournal *self)
{
  char *path;

  g_return_val_if_fail (self != NULL, NULL);

  g_mutex_lock (&self->mutex);
  path = g_strdup (self->path);
  g_mutex_unlock (&self->mutex);
  return path;
}

static void
finish (TlJournal *self)
{
  push (self, JOB_QUIT, NULL);
  g_thread_join (self->thread);
  g_signal_handlers_disconnect_by_data (self->document, self);
  g_object_unref (self->document);
  g_bytes_unref (self->base);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  tl_journal_file_clear (&self->file);
  g_clear_pointer (&self->file_base, g_bytes_unref);
  g_free (self->file_document);
  if (self->old_fd >= 0 && self->old_path != NULL)
    close (self->old_fd);
  g_free (self->old_path);
  g_free (self->path);
  g_clear_error (&self->error);
  g_clear_error (&self->shown_error);
  g_free (self);
}

void
tl_journal_close (TlJournal *self)
{
  g_return_if_fail (self != NULL);

  stop_timer (self);
  push (self, JOB_REMOVE, NULL);
  finish (self);
}

void
tl_journal_keep (TlJournal *self)
{
  g_return_if_fail (self != NULL);

  tl_journal_flush (self);
  finish (self);
}

/* --- recovery ---------------------------------------------------------------------------------------------------------- */

void
tl_journal_entry_free (TlJournalEntry *self)
{
  g_free (self->journal_path);
  g_free (self->document_path);
  g_free (self->title);
  g_free (self);
}

/* The first heading, the file's name, or "Untitled". */
static char *
find_title (const TlJournalContent *content)
{
  gsize       length;
  const char *data = g_bytes_get_data (content->last, &length);
  TlLine      line = { 0 };

  while (data != NULL && tl_line_next (data, length, &line))
    if (line.content_end - line.start > 2 && memcmp (data + line.start, "# ", 2) == 0) {
      g_autofree char *text = g_utf8_make_valid (data + line.start + 2, MIN (line.content_end - line.start - 2, 200));

      return g_strdup (g_strstrip (text));
    }
  return content->document_path ? g_path_get_basename (content->document_path) : g_strdup ("Untitled");
}

/* Whether recovering would give something that the file does not have. */
static gboolean
is_wanted (const TlJournalContent *content)
{
  char    *data;
  gsize    length;
  gboolean same;

  if (g_bytes_equal (content->base, content->last))
    return FALSE;
  if (content->document_path == NULL || !g_file_get_contents (content->document_path, &data, &length, NULL))
    return TRUE;
  same = length == g_bytes_get_size (content->last) && memcmp (data, g_bytes_get_data (content->last, NULL), length) == 0;
  g_free (data);
  return !same;
}

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const TlJournalEntry *x = *(TlJournalEntry *const *)a, *y = *(TlJournalEntry *const *)b;

  return x->time > y->time ? -1 : x->time < y->time;
}

GPtrArray *
tl_journal_list (const char *folder)
{
  g_autofree char *standard = folder ? NULL : tl_journal_default_folder ();
  GPtrArray       *list = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_journal_entry_free);
  const char      *where = folder ? folder : standard;
  g_autoptr (GDir) dir = g_dir_open (where, 0, NULL);
  const char      *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (where, name, NULL);
    TlJournalContent content = { 0 };
    TlJournalEntry  *entry;
    int              fd = g_str_has_suffix (name, ".journal") ? tl_journal_lock (path) : -1;

    if (fd < 0)
      continue;
    /* One that cannot be read stays for somebody to look at, but is not offered. */
    if (tl_journal_content_read (fd, path, &content, NULL) && is_wanted (&content)) {
      entry = g_new0 (TlJournalEntry, 1);
      entry->journal_path = g_strdup (path);
      entry->document_path = g_strdup (content.document_path);
      entry->title = find_title (&content);
      entry->time = content.time;
      g_ptr_array_add (list, entry);
    } else if (content.base != NULL)
      unlink (path);
    tl_journal_content_clear (&content);
    close (fd);
  }
  g_ptr_array_sort (list, compare_entries);
  return list;
}

TlDocument *
tl_journal_recover (const char *journal_path,
                    TlJournal **journal,
                    GError    **error)
{
  g_autoptr (TlDocument) document = NULL;
  g_autofree char       *folder = g_path_get_dirname (journal_path);
  TlJournalContent       content = { 0 };
  int                    fd = tl_journal_lock (journal_path);

  if (fd < 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: gone, or in use by another window", journal_path);
    return NULL;
  }
  if (tl_journal_content_read (fd, journal_path, &content, error))
    document = tl_document_new_from_bytes (content.base, error);
  if (document == NULL || !tl_document_replace_all (document, content.last, "recover", error)) {
    tl_journal_content_clear (&content);
    close (fd);
    return NULL;
  }
  if (content.document_path != NULL) {
    /* Without a time the content decides whether the file is still the same. */
    document->path = g_strdup (content.document_path);
    document->stamp.exists = TRUE;
    document->stamp.size = g_bytes_get_size (content.base);
    document->stamp.hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, content.base);
  }
  if (journal != NULL) {
    *journal = journal_new (document, folder, content.base);
    (*journal)->old_path = g_strdup (journal_path);
    (*journal)->old_fd = fd;
    push (*journal, JOB_WRITE, g_bytes_ref (content.last));
  } else
    close (fd);
  tl_journal_content_clear (&content);
  return g_steal_pointer (&document);
}

gboolean
tl_journal_discard (const char *journal_path,
                    GError    **error)
{
  int fd = tl_journal_lock (journal_path);

  if (fd < 0 || unlink (journal_path) != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: cannot be removed: %s", journal_path,
                 fd < 0 ? "in use by another window, or gone" : g_strerror (errno));
    if (fd >= 0)
      close (fd);
    return FALSE;
  }
  close (fd);
  return TRUE;
}
