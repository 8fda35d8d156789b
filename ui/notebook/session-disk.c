/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/document/document-folder.h"
#include "ui/notebook/session-private.h"

/* What is beside the document: outputs of cells, folders of runs.  Files are read and written on other threads. */

typedef struct {
  char *document_path;
  char *id;
  char *text;
} WriteJob;

static void
write_job_free (gpointer data)
{
  WriteJob *job = data;

  g_free (job->document_path);
  g_free (job->id);
  g_free (job->text);
  g_free (job);
}

/* Outputs are a convenience: where they cannot be written, nobody is disturbed. */
static void
write_outputs_thread (GTask        *task,
                      gpointer      source,
                      gpointer      task_data,
                      GCancellable *cancellable)
{
  WriteJob        *job = task_data;
  g_autofree char *folder = tl_document_folder_ensure (job->document_path, "outputs", NULL);
  g_autofree char *name = g_strconcat (job->id, ".json", NULL);
  g_autofree char *path = NULL;

  if (folder != NULL) {
    path = g_build_filename (folder, name, NULL);
    tl_file_replace (path, job->text, strlen (job->text), NULL);
  }
  g_task_return_boolean (task, TRUE);
}

void
tl_session_write_outputs (TlSession       *self,
                          const TlOutputs *outputs)
{
  g_autoptr (GTask) task = NULL;
  const char       *path = tl_document_get_path (self->document);
  WriteJob         *job;

  if (path == NULL || !tl_name_is_valid (outputs->id))
    return;
  job = g_new0 (WriteJob, 1);
  job->document_path = g_strdup (path);
  job->id = g_strdup (outputs->id);
  job->text = tl_outputs_to_json (outputs);
  task = g_task_new (self, NULL, NULL, NULL);
  g_task_set_task_data (task, job, write_job_free);
  g_task_run_in_thread (task, write_outputs_thread);
}

typedef struct {
  GPtrArray  *outputs;
  TlTraining *training;
} Loaded;

static void
loaded_free (gpointer data)
{
  Loaded *loaded = data;

  g_ptr_array_unref (loaded->outputs);
  tl_training_free (loaded->training);
  g_free (loaded);
}

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  const char      *document_path = task_data;
  g_autofree char *folder = tl_document_folder_path (document_path);
  g_autofree char *outputs = g_build_filename (folder, "outputs", NULL);
  g_autoptr (GDir) dir = g_dir_open (outputs, 0, NULL);
  g_auto (GStrv)   runs = tl_document_folder_list_runs (document_path);
  Loaded          *loaded = g_new0 (Loaded, 1);
  const char      *name;

  loaded->outputs = g_ptr_array_new ();
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (outputs, name, NULL);
    g_autofree char *id = g_str_has_suffix (name, ".json") ? g_strndup (name, strlen (name) - 5) : NULL;
    g_autofree char *text = NULL;
    TlOutputs       *one;

    if (id == NULL || !g_file_get_contents (path, &text, NULL, NULL))
      continue;
    one = tl_outputs_new_from_json (id, text);
    if (one != NULL)
      g_ptr_array_add (loaded->outputs, one);
  }
  for (guint i = 0; runs[i] != NULL && loaded->training == NULL; i++) {
    g_autofree char *run = g_build_filename (folder, "runs", runs[i], NULL);

    loaded->training = tl_training_load (run);
  }
  g_task_return_pointer (task, loaded, loaded_free);
}

static void
load_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  TlSession *self = TL_SESSION (source);
  Loaded    *loaded = g_task_propagate_pointer (G_TASK (result), NULL);

  if (loaded == NULL)
    return;
  for (guint i = 0; i < loaded->outputs->len; i++) {
    TlOutputs *outputs = loaded->outputs->pdata[i];

    if (g_hash_table_contains (self->outputs, outputs->id)) {
      tl_outputs_free (outputs); /* a kernel has told more about it meanwhile */
      continue;
    }
    g_hash_table_insert (self->outputs, outputs->id, outputs);
    tl_session_queue_notify (self, outputs->id);
  }
  if (self->training == NULL && loaded->training != NULL) {
    self->training = g_steal_pointer (&loaded->training);
    self->training_dirty = TRUE;
    tl_session_queue_notify (self, NULL);
  } else {
    tl_session_refine_training (self);
  }
  loaded_free (loaded);
}

/* --- all steps of a training ------------------------------------------------------------------------------------------ */

static void
refine_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  g_task_return_pointer (task, tl_training_load_metrics (task_data), (GDestroyNotify)tl_training_free);
}

static void
refine_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  TlSession             *self = TL_SESSION (source);
  g_autoptr (TlTraining) metrics = g_task_propagate_pointer (G_TASK (result), NULL);

  if (metrics == NULL || self->training == NULL ||
      g_strcmp0 (self->training->folder, g_task_get_task_data (G_TASK (result))) != 0)
    return;
  tl_training_adopt (self->training, metrics);
  self->training_dirty = TRUE;
  tl_session_queue_notify (self, NULL);
}

/* A kernel tells some of the steps, and to those who come late only the newest of them; the run's folder has all. */
void
tl_session_refine_training (TlSession *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->training == NULL || self->training->folder == NULL)
    return;
  task = g_task_new (self, NULL, refine_cb, NULL);
  g_task_set_task_data (task, g_strdup (self->training->folder), g_free);
  g_task_run_in_thread (task, refine_thread);
}

void
tl_session_load (TlSession *self)
{
  g_autoptr (GTask) task = NULL;
  const char       *path = tl_document_get_path (self->document);

  if (path == NULL)
    return;
  task = g_task_new (self, NULL, load_cb, NULL);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, load_thread);
}
