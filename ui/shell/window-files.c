/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/window-private.h"

#include <glib/gi18n.h>

#include "ui/shell/settings.h"

/* --- opening ------------------------------------------------------------------------------------------------------------ */

static AdwTabPage *
find_tab (TlWindow   *self,
          const char *path)
{
  for (int i = 0; i < adw_tab_view_get_n_pages (self->tab_view); i++) {
    AdwTabPage *tab = adw_tab_view_get_nth_page (self->tab_view, i);
    TlPage     *page = TL_PAGE (adw_tab_page_get_child (tab));

    if (g_strcmp0 (tl_document_get_path (tl_session_get_document (tl_page_get_session (page))), path) == 0)
      return tab;
  }
  return NULL;
}

static void
add_document (TlWindow   *self,
              TlDocument *document,
              TlJournal  *journal)
{
  g_autoptr (TlSession) session = tl_session_new (document, journal);

  tl_window_add_page (self, tl_page_new (session));
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (TlWindow)   self = user_data;
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlDocument) document = tl_document_load_finish (result, &error);

  if (document == NULL) {
    tl_window_toast (self, error->message);
    return;
  }
  if (find_tab (self, tl_document_get_path (document)) != NULL)
    return;
  tl_settings_add_recent (tl_document_get_path (document));
  add_document (self, document, NULL);
}

void
tl_window_open (TlWindow   *self,
                const char *path)
{
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  AdwTabPage      *tab;

  g_return_if_fail (TL_IS_WINDOW (self));

  tab = find_tab (self, full);
  if (tab != NULL)
    adw_tab_view_set_selected_page (self->tab_view, tab);
  else if (self->waiting != NULL)
    g_ptr_array_add (self->waiting, g_steal_pointer (&full)); /* it may be among what is being recovered */
  else
    tl_document_load_async (full, NULL, loaded_cb, g_object_ref (self));
}

void
tl_window_open_new (TlWindow *self)
{
  g_autoptr (TlDocument) document = tl_document_new ();

  g_return_if_fail (TL_IS_WINDOW (self));

  add_document (self, document, NULL);
}

/* --- recovery ------------------------------------------------------------------------------------------------------------- */

typedef struct {
  TlDocument *document;
  TlJournal  *journal;
} Recovered;

static void
recovered_free (gpointer data)
{
  Recovered *recovered = data;

  g_clear_object (&recovered->document);
  if (recovered->journal != NULL)
    tl_journal_keep (recovered->journal);
  g_free (recovered);
}

static void
recover_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  g_autoptr (GPtrArray) entries = tl_journal_list (NULL);
  GPtrArray            *all = g_ptr_array_new_with_free_func (recovered_free);

  for (guint i = 0; i < entries->len; i++) {
    const TlJournalEntry *entry = entries->pdata[i];
    Recovered            *recovered = g_new0 (Recovered, 1);

    recovered->document = tl_journal_recover (entry->journal_path, &recovered->journal, NULL);
    if (recovered->document != NULL)
      g_ptr_array_add (all, recovered);
    else
      g_free (recovered);
  }
  g_task_return_pointer (task, all, (GDestroyNotify)g_ptr_array_unref);
}

static void
recover_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  TlWindow             *self = TL_WINDOW (source);
  g_autoptr (GPtrArray) all = g_task_propagate_pointer (G_TASK (result), NULL);
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);

  for (guint i = 0; all != NULL && i < all->len; i++) {
    Recovered *recovered = all->pdata[i];

    add_document (self, recovered->document, g_steal_pointer (&recovered->journal));
  }
  if (all != NULL && all->len > 0)
    tl_window_toast (self, ngettext ("A document was recovered; undo takes the recovery back",
                                     "Documents were recovered; undo takes the recovery back", all->len));
  for (guint i = 0; waiting != NULL && i < waiting->len; i++)
    tl_window_open (self, waiting->pdata[i]);
}

void
tl_window_recover (TlWindow *self)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (TL_IS_WINDOW (self));

  if (self->waiting != NULL)
    return;
  self->waiting = g_ptr_array_new_with_free_func (g_free);
  task = g_task_new (self, NULL, recover_cb, NULL);
  g_task_run_in_thread (task, recover_thread);
}

static void
set_filters (GtkFileChooser *chooser)
{
  g_autoptr (GtkFileFilter) documents = gtk_file_filter_new ();
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();

  gtk_file_filter_set_name (documents, _ ("Trellis Documents"));
  gtk_file_filter_add_pattern (documents, "*.trellis");
  gtk_file_filter_add_pattern (documents, "*.trellis.md");
  gtk_file_chooser_add_filter (chooser, documents);
  gtk_file_filter_set_name (all, _ ("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (chooser, all);
}

static void
chosen_cb (GtkNativeDialog *dialog,
           int              response,
           TlWindow        *self)
{
  if (response == GTK_RESPONSE_ACCEPT) {
    g_autoptr (GListModel) files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));

    for (guint i = 0; i < g_list_model_get_n_items (files); i++) {
      g_autoptr (GFile) file = g_list_model_get_item (files, i);

      if (g_file_peek_path (file) != NULL)
        tl_window_open (self, g_file_peek_path (file));
    }
  }
  g_object_unref (dialog);
}

void
tl_window_choose (TlWindow *self)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_ ("Open a Document"), GTK_WINDOW (self),
                                                              GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);

  set_filters (GTK_FILE_CHOOSER (dialog));
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (dialog), TRUE);
  g_signal_connect (dialog, "response", G_CALLBACK (chosen_cb), self);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

/* --- saving ------------------------------------------------------------------------------------------------------------- */

typedef struct {
  TlWindow *window;
  TlPage   *page;
  gboolean  close_after;

  char       *path;
  TlSaveFlags flags;
} SaveJob;

static SaveJob *
save_job_new (TlWindow *window,
              TlPage   *page,
              gboolean  close_after)
{
  SaveJob *job = g_new0 (SaveJob, 1);

  job->window = g_object_ref (window);
  job->page = g_object_ref (page);
  job->close_after = close_after;
  return job;
}

static void
save_job_free (SaveJob *job)
{
  g_object_unref (job->window);
  g_object_unref (job->page);
  g_free (job->path);
  g_free (job);
}

/* What was not saved is not closed. */
static void
give_up (SaveJob *job)
{
  if (job->close_after)
    tl_window_keep_page (job->window, job->page);
  save_job_free (job);
}

static void save_page (SaveJob    *job,
                       const char *path,
                       TlSaveFlags flags);

static TlDocument *
job_document (SaveJob *job)
{
  return tl_session_get_document (tl_page_get_session (job->page));
}

static void
overwrite_cb (AdwMessageDialog *dialog,
              const char       *response,
              gpointer          user_data)
{
  SaveJob *job = user_data;

  if (g_str_equal (response, "overwrite"))
    save_page (job, NULL, TL_SAVE_FORCE);
  else
    give_up (job);
}

static void
ask_overwrite (SaveJob *job)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (job->window), _ ("The File Has Changed on Disk"),
                                              _ ("Something else has changed it since it was opened. Overwriting takes that "
                                                 "change away."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "overwrite", _ ("_Overwrite"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "overwrite", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect (dialog, "response", G_CALLBACK (overwrite_cb), job);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Saves of a document that wait for one another: each must know what the one before has written. */
static GQueue *
get_saves (TlPage *page)
{
  GQueue *saves = g_object_get_data (G_OBJECT (page), "saves");

  if (saves == NULL) {
    saves = g_queue_new ();
    g_object_set_data_full (G_OBJECT (page), "saves", saves, (GDestroyNotify)g_queue_free);
  }
  return saves;
}

static void saved_cb (GObject      *source,
                      GAsyncResult *result,
                      gpointer      user_data);

static void
start_save (TlPage *page)
{
  SaveJob *job = g_queue_peek_head (get_saves (page));

  if (job != NULL)
    tl_document_save_async (job_document (job), job->path, job->flags, NULL, saved_cb, job);
}

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  SaveJob           *job = user_data;
  TlDocument        *document = TL_DOCUMENT (source);
  g_autoptr (TlPage) page = g_object_ref (job->page);
  g_autoptr (GError) error = NULL;
  gboolean           ok = tl_document_save_finish (document, result, &error);

  g_queue_pop_head (get_saves (page));
  start_save (page);
  if (!ok) {
    if (tl_document_get_path (document) != NULL && tl_document_get_disk_state (document) == TL_DISK_CHANGED) {
      ask_overwrite (job);
      return;
    }
    tl_window_toast (job->window, error->message);
    give_up (job);
    return;
  } else {
    tl_settings_add_recent (tl_document_get_path (document));
    tl_window_update_title (job->window);
    if (job->close_after)
      tl_window_close_page (job->window, job->page);
  }
  save_job_free (job);
}

static void
save_page (SaveJob    *job,
           const char *path,
           TlSaveFlags flags)
{
  g_free (job->path);
  job->path = g_strdup (path);
  job->flags = flags;
  g_queue_push_tail (get_saves (job->page), job);
  if (g_queue_get_length (get_saves (job->page)) == 1)
    start_save (job->page);
}

static void
save_chosen_cb (GtkNativeDialog *dialog,
                int              response,
                SaveJob         *job)
{
  g_autoptr (GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;

  if (file != NULL && g_file_peek_path (file) != NULL) {
    const char      *path = g_file_peek_path (file);
    g_autofree char *named = strstr (path, ".trellis") != NULL ? g_strdup (path) : g_strconcat (path, ".trellis", NULL);

    /* The dialog has asked about replacing a file that is there. */
    save_page (job, named, TL_SAVE_FORCE);
  } else {
    give_up (job);
  }
  g_object_unref (dialog);
}

static void
choose_where (SaveJob *job)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_ ("Save the Document"), GTK_WINDOW (job->window),
                                                              GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);
  const char           *path = tl_document_get_path (job_document (job));

  set_filters (GTK_FILE_CHOOSER (dialog));
  if (path != NULL) {
    g_autoptr (GFile) file = g_file_new_for_path (path);

    gtk_file_chooser_set_file (GTK_FILE_CHOOSER (dialog), file, NULL);
  } else {
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), _ ("untitled.trellis"));
  }
  g_signal_connect (dialog, "response", G_CALLBACK (save_chosen_cb), job);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
save_or_choose (SaveJob *job)
{
  if (tl_document_get_path (job_document (job)) != NULL)
    save_page (job, NULL, TL_SAVE_NONE);
  else
    choose_where (job);
}

void
tl_window_save (TlWindow *self)
{
  save_or_choose (save_job_new (self, tl_window_get_page (self), FALSE));
}

void
tl_window_save_as (TlWindow *self)
{
  choose_where (save_job_new (self, tl_window_get_page (self), FALSE));
}

void
tl_window_save_and_close (TlWindow *self,
                          TlPage   *page)
{
  save_or_choose (save_job_new (self, page, TRUE));
}
