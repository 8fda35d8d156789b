/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n.h>

#include "ui/shell/window-private.h"

/*
 * Closing: what is not saved is asked about first, then what still runs.  A training goes on without a window, and opening its document
 * again shows it; one whose document has no name could not be found again.
 */

typedef struct {
  TlWindow *window;
  TlPage   *page; /* NULL for all pages of the window */
} CloseJob;

static CloseJob *
close_job_new (TlWindow *window,
               TlPage   *page)
{
  CloseJob *job = g_new0 (CloseJob, 1);

  job->window = g_object_ref (window);
  job->page = page != NULL ? g_object_ref (page) : NULL;
  return job;
}

static void
close_job_free (gpointer  data,
                GClosure *closure)
{
  CloseJob *job = data;

  g_object_unref (job->window);
  g_clear_object (&job->page);
  g_free (job);
}

static AdwMessageDialog *
ask (TlWindow   *self,
     const char *heading,
     const char *body,
     CloseJob   *job,
     GCallback   callback)
{
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (adw_message_dialog_new (GTK_WINDOW (self), heading, body));

  adw_message_dialog_add_response (dialog, "cancel", _ ("_Cancel"));
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_data (dialog, "response", callback, job, close_job_free, 0);
  return dialog;
}

static void
add_response (AdwMessageDialog     *dialog,
              const char           *id,
              const char           *label,
              AdwResponseAppearance appearance)
{
  adw_message_dialog_add_response (dialog, id, label);
  adw_message_dialog_set_response_appearance (dialog, id, appearance);
}

static TlPage *
nth_page (TlWindow *self,
          int       i)
{
  return TL_PAGE (adw_tab_page_get_child (adw_tab_view_get_nth_page (self->tab_view, i)));
}

static TlDocument *
document_of (TlPage *page)
{
  return tl_session_get_document (tl_page_get_session (page));
}

static gboolean
has_name (TlPage *page)
{
  return tl_document_get_path (document_of (page)) != NULL;
}

/* --- one page ----------------------------------------------------------------------------------------------------------- */

static void
finish_close (TlWindow *self,
              TlPage   *page)
{
  AdwTabPage *tab = adw_tab_view_get_page (self->tab_view, GTK_WIDGET (page));

  tl_window_forget (self, page);
  tl_session_close (tl_page_get_session (page), FALSE);
  adw_tab_view_close_page_finish (self->tab_view, tab, TRUE);
  if (self->close_next) {
    self->close_next = FALSE;
    gtk_window_close (GTK_WINDOW (self));
  }
}

void
tl_window_keep_page (TlWindow *self,
                     TlPage   *page)
{
  self->close_next = FALSE;
  adw_tab_view_close_page_finish (self->tab_view, adw_tab_view_get_page (self->tab_view, GTK_WIDGET (page)), FALSE);
}

static void
running_response_cb (AdwMessageDialog *dialog,
                     const char       *response,
                     gpointer          user_data)
{
  CloseJob *job = user_data;

  if (g_str_equal (response, "cancel")) {
    tl_window_keep_page (job->window, job->page);
    return;
  }
  if (g_str_equal (response, "stop"))
    tl_session_end_kernel (tl_page_get_session (job->page));
  finish_close (job->window, job->page);
}

static void
ask_running (TlWindow *self,
             TlPage   *page)
{
  AdwMessageDialog *dialog;
  const char       *body;

  body = has_name (page) ? _ ("It goes on without a window. Open the document again to see how it does.")
                         : _ ("Save the document to let it go on without a window.");
  dialog = ask (self, _ ("A Cell Is Still Running"), body, close_job_new (self, page), G_CALLBACK (running_response_cb));
  add_response (dialog, "stop", _ ("_Stop It"), ADW_RESPONSE_DESTRUCTIVE);
  if (has_name (page)) {
    add_response (dialog, "keep", _ ("_Let It Run"), ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response (dialog, "keep");
  }
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Its document is saved, or need not be. */
void
tl_window_close_page (TlWindow *self,
                      TlPage   *page)
{
  if (tl_session_is_busy (tl_page_get_session (page)))
    ask_running (self, page);
  else
    finish_close (self, page);
}

static void
unsaved_response_cb (AdwMessageDialog *dialog,
                     const char       *response,
                     gpointer          user_data)
{
  CloseJob *job = user_data;

  if (g_str_equal (response, "save"))
    tl_window_save_and_close (job->window, job->page);
  else if (g_str_equal (response, "discard"))
    tl_window_close_page (job->window, job->page);
  else
    tl_window_keep_page (job->window, job->page);
}

/* A new document that holds nothing is not worth a question. */
static gboolean
is_worth_asking (TlPage *page)
{
  return tl_document_is_modified (document_of (page)) && (has_name (page) || tl_document_get_n_cells (document_of (page)) > 0);
}

void
tl_window_ask_close (TlWindow   *self,
                     AdwTabPage *tab)
{
  TlPage           *page = TL_PAGE (adw_tab_page_get_child (tab));
  g_autofree char  *name = tl_page_dup_title (page);
  g_autofree char  *heading = NULL;
  AdwMessageDialog *dialog;

  if (!is_worth_asking (page)) {
    tl_window_close_page (self, page);
    return;
  }
  /* Translators: %s is the name of a document. */
  heading = g_strdup_printf (_ ("Save Changes to “%s”?"), name);
  dialog = ask (self, heading, _ ("Changes that are not saved will be lost."), close_job_new (self, page),
                G_CALLBACK (unsaved_response_cb));
  add_response (dialog, "discard", _ ("_Discard"), ADW_RESPONSE_DESTRUCTIVE);
  add_response (dialog, "save", _ ("_Save"), ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (dialog, "save");
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- the window --------------------------------------------------------------------------------------------------------- */

static gboolean ask_running_all (TlWindow *self);

static void
close_now (TlWindow *self)
{
  self->is_closing = TRUE;
  gtk_window_close (GTK_WINDOW (self));
}

static void
unsaved_all_response_cb (AdwMessageDialog *dialog,
                         const char       *response,
                         gpointer          user_data)
{
  CloseJob *job = user_data;

  if (g_str_equal (response, "discard") && !ask_running_all (job->window))
    close_now (job->window);
}

static void
running_all_response_cb (AdwMessageDialog *dialog,
                         const char       *response,
                         gpointer          user_data)
{
  CloseJob *job = user_data;

  if (g_str_equal (response, "cancel"))
    return;
  for (int i = 0; i < adw_tab_view_get_n_pages (job->window->tab_view); i++) {
    TlPage *page = nth_page (job->window, i);

    if (tl_session_is_busy (tl_page_get_session (page)) && (g_str_equal (response, "stop") || !has_name (page)))
      tl_session_end_kernel (tl_page_get_session (page));
  }
  close_now (job->window);
}

static gboolean
ask_running_all (TlWindow *self)
{
  guint             n_running = 0, n_named = 0;
  AdwMessageDialog *dialog;

  for (int i = 0; i < adw_tab_view_get_n_pages (self->tab_view); i++)
    if (tl_session_is_busy (tl_page_get_session (nth_page (self, i)))) {
      n_running++;
      n_named += has_name (nth_page (self, i));
    }
  if (n_running == 0)
    return FALSE;
  dialog = ask (self, ngettext ("A Cell Is Still Running", "Cells Are Still Running", n_running),
                n_named == n_running ? _ ("What runs goes on without a window. Open its document again to see how it does.")
                                     : _ ("What runs in a document that was never saved cannot go on without a window."),
                close_job_new (self, NULL), G_CALLBACK (running_all_response_cb));
  add_response (dialog, "stop", _ ("_Stop"), ADW_RESPONSE_DESTRUCTIVE);
  if (n_named > 0) {
    add_response (dialog, "keep", _ ("_Let It Run"), ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response (dialog, "keep");
  }
  gtk_window_present (GTK_WINDOW (dialog));
  return TRUE;
}

/* Returns whether something is being asked; then the window closes when that is answered. */
gboolean
tl_window_ask_close_all (TlWindow *self)
{
  AdwTabPage       *first = NULL;
  guint             n_unsaved = 0;
  g_autofree char  *heading = NULL;
  AdwMessageDialog *dialog;

  for (int i = 0; i < adw_tab_view_get_n_pages (self->tab_view); i++)
    if (is_worth_asking (nth_page (self, i))) {
      first = first != NULL ? first : adw_tab_view_get_nth_page (self->tab_view, i);
      n_unsaved++;
    }
  if (n_unsaved == 0)
    return ask_running_all (self);
  adw_tab_view_set_selected_page (self->tab_view, first);
  if (n_unsaved == 1) {
    self->close_next = TRUE;
    adw_tab_view_close_page (self->tab_view, first);
    return TRUE;
  }
  heading = g_strdup_printf (ngettext ("Close with %u Unsaved Document?", "Close with %u Unsaved Documents?", n_unsaved),
                             n_unsaved);
  dialog = ask (self, heading, _ ("Changes that are not saved will be lost."), close_job_new (self, NULL),
                G_CALLBACK (unsaved_all_response_cb));
  add_response (dialog, "discard", _ ("_Discard All"), ADW_RESPONSE_DESTRUCTIVE);
  gtk_window_present (GTK_WINDOW (dialog));
  return TRUE;
}

/* Closes all documents without a question; what is not saved is offered again by the next start. */
void
tl_window_leave (TlWindow *self)
{
  for (int i = 0; i < adw_tab_view_get_n_pages (self->tab_view); i++)
    tl_session_close (tl_page_get_session (nth_page (self, i)), TRUE);
}
