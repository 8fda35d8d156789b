/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/document/document-private.h"
#include "core/base/error.h"

static gboolean
stat_file (const char  *path,
           TlFileStamp *stamp)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return FALSE;
  stamp->exists = TRUE;
  stamp->mtime_ns = (gint64)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
  stamp->size = info.st_size;
  return TRUE;
}

static char *
hash_bytes (GBytes *bytes)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

static GBytes *
read_file (const char *path,
           GError    **error)
{
  struct stat        info;
  char              *data;
  gsize              length;
  g_autoptr (GError) local = NULL;

  if (stat (path, &info) != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: cannot be read: %s", path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (info.st_mode)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: cannot be read: not a file", path);
    return NULL;
  }
  if (info.st_size > TL_DOCUMENT_MAX_BYTES) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: has %" G_GINT64_FORMAT " bytes, more than the limit of %u", path,
                 (gint64)info.st_size, TL_DOCUMENT_MAX_BYTES);
    return NULL;
  }
  if (g_file_get_contents (path, &data, &length, &local))
    return g_bytes_new_take (data, length);
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: cannot be read: %s", path, local->message);
  return NULL;
}

/* --- loading --------------------------------------------------------------------------------------------------------- */

typedef struct {
  GBytes     *bytes;
  TlFileStamp stamp;
} LoadedFile;

static void
loaded_file_free (gpointer data)
{
  LoadedFile *self = data;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->stamp.hash);
  g_free (self);
}

static LoadedFile *
load_file (const char *path,
           GError    **error)
{
  LoadedFile *file = g_new0 (LoadedFile, 1);

  /* The time before reading: a change while reading is noticed later. */
  stat_file (path, &file->stamp);
  file->bytes = read_file (path, error);
  if (file->bytes == NULL) {
    loaded_file_free (file);
    return NULL;
  }
  file->stamp.size = g_bytes_get_size (file->bytes);
  file->stamp.hash = hash_bytes (file->bytes);
  return file;
}

static TlDocument *
document_from_file (const char *path,
                    LoadedFile *file,
                    GError    **error)
{
  TlDocument *self = tl_document_new_from_bytes (file->bytes, error);

  if (self == NULL) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  self->path = g_strdup (path);
  self->stamp = file->stamp;
  self->stamp.hash = g_strdup (file->stamp.hash);
  return self;
}

TlDocument *
tl_document_load (const char *path,
                  GError    **error)
{
  LoadedFile *file;
  TlDocument *self;

  g_return_val_if_fail (path != NULL, NULL);

  file = load_file (path, error);
  if (file == NULL)
    return NULL;
  self = document_from_file (path, file, error);
  loaded_file_free (file);
  return self;
}

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GError     *error = NULL;
  LoadedFile *file = load_file (task_data, &error);

  if (file != NULL)
    g_task_return_pointer (task, file, loaded_file_free);
  else
    g_task_return_error (task, error);
}

void
tl_document_load_async (const char         *path,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tl_document_load_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, load_thread);
}

TlDocument *
tl_document_load_finish (GAsyncResult *result,
                         GError      **error)
{
  LoadedFile *file;
  TlDocument *self;

  g_return_val_if_fail (g_async_result_is_tagged (result, tl_document_load_async), NULL);

  file = g_task_propagate_pointer (G_TASK (result), error);
  if (file == NULL)
    return NULL;
  self = document_from_file (g_task_get_task_data (G_TASK (result)), file, error);
  loaded_file_free (file);
  return self;
}

/* --- saving ---------------------------------------------------------------------------------------------------------- */

typedef struct {
  char       *path;
  GBytes     *bytes;
  TlSaveFlags flags;
  gboolean    guard; /* the file must still be as in @stamp */
  TlFileStamp stamp; /* before; the new one afterwards */
  guint       position;
  guint64     serial;
} SaveJob;

static void
save_job_free (gpointer data)
{
  SaveJob *self = data;

  g_free (self->path);
  g_bytes_unref (self->bytes);
  g_free (self->stamp.hash);
  g_free (self);
}

static TlDiskState
compare_file (const char        *path,
              const TlFileStamp *stamp)
{
  TlFileStamp        now = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char   *hash = NULL;

  if (!stat_file (path, &now))
    return stamp->exists ? TL_DISK_MISSING : TL_DISK_SAME;
  if (!stamp->exists)
    return TL_DISK_CHANGED;
  if (now.mtime_ns == stamp->mtime_ns && now.size == stamp->size)
    return TL_DISK_SAME;
  if (now.size != stamp->size || (bytes = read_file (path, NULL)) == NULL)
    return TL_DISK_CHANGED;
  hash = hash_bytes (bytes);
  return g_strcmp0 (hash, stamp->hash) == 0 ? TL_DISK_SAME : TL_DISK_CHANGED;
}

static gboolean
run_save (SaveJob *job,
          GError **error)
{
  gsize       length;
  const void *data = g_bytes_get_data (job->bytes, &length);

  if (job->guard && compare_file (job->path, &job->stamp) == TL_DISK_CHANGED) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: was changed by another program since it was read; not overwritten",
                 job->path);
    return FALSE;
  }
  if (!tl_file_replace (job->path, data, length, error))
    return FALSE;
  g_free (job->stamp.hash);
  job->stamp = (TlFileStamp){ .hash = hash_bytes (job->bytes) };
  stat_file (job->path, &job->stamp);
  job->stamp.size = length;
  return TRUE;
}

static SaveJob *
save_job_new (TlDocument *self,
              const char *path,
              TlSaveFlags flags,
              GError    **error)
{
  SaveJob *job;

  if (path == NULL && self->path == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "the document has no file yet");
    return NULL;
  }
  job = g_new0 (SaveJob, 1);
  job->path = g_strdup (path ? path : self->path);
  job->flags = flags;
  job->bytes = tl_document_to_bytes (self);
  job->guard = !(flags & TL_SAVE_FORCE) && g_strcmp0 (job->path, self->path) == 0;
  job->stamp = self->stamp;
  job->stamp.hash = g_strdup (self->stamp.hash);
  job->position = self->position;
  job->serial = self->serial;
  return job;
}

/* What was written is now the saved state, if the history still leads there. */
static void
finish_save (TlDocument *self,
             SaveJob    *job)
{
  gboolean was_modified = tl_document_is_modified (self);

  if (job->flags & TL_SAVE_COPY)
    return;
  g_free (self->stamp.hash);
  self->stamp = job->stamp;
  self->stamp.hash = g_strdup (job->stamp.hash);
  if (g_strcmp0 (self->path, job->path) != 0) {
    g_free (self->path);
    self->path = g_strdup (job->path);
    tl_document_emit_path (self);
  }
  if (self->serial == job->serial)
    self->saved_position = self->position;
  else
    self->saved_position = -1;
  tl_document_emit_history (self, was_modified);
  g_signal_emit_by_name (self, "saved", job->bytes);
}

gboolean
tl_document_save (TlDocument *self,
                  const char *path,
                  TlSaveFlags flags,
                  GError    **error)
{
  SaveJob *job;
  gboolean done;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);

  job = save_job_new (self, path, flags, error);
  if (job == NULL)
    return FALSE;
  done = run_save (job, error);
  if (done)
    finish_save (self, job);
  save_job_free (job);
  return done;
}

static void
save_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GError *error = NULL;

  if (run_save (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
tl_document_save_async (TlDocument         *self,
                        const char         *path,
                        TlSaveFlags         flags,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  GError           *error = NULL;
  SaveJob          *job;

  g_return_if_fail (TL_IS_DOCUMENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, tl_document_save_async);
  /* A file that is being written is written to its end. */
  g_task_set_check_cancellable (task, FALSE);
  job = save_job_new (self, path, flags, &error);
  if (job == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_task_set_task_data (task, job, save_job_free);
  g_task_run_in_thread (task, save_thread);
}

gboolean
tl_document_save_finish (TlDocument   *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  finish_save (self, g_task_get_task_data (G_TASK (result)));
  return TRUE;
}

const char *
tl_document_get_path (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  return self->path;
}

TlDiskState
tl_document_get_disk_state (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), TL_DISK_UNNAMED);

  return self->path ? compare_file (self->path, &self->stamp) : TL_DISK_UNNAMED;
}
