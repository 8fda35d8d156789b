/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n.h>
#include <math.h>

#include "ui/shell/window-private.h"

/* What a window does about trainings that nobody watches: the machine stays awake, and who went away is told when it is over. */

/* A run that was shorter has been waited for. */
#define LONG_RUN_S 20

static gboolean
is_live (TlSession *session)
{
  const TlTraining *training = tl_session_get_training (session);

  return training != NULL && tl_training_is_live (training);
}

static void
update_inhibit (TlWindow *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));
  gboolean        wanted = FALSE;

  for (int i = 0; i < adw_tab_view_get_n_pages (self->tab_view); i++) {
    AdwTabPage *tab = adw_tab_view_get_nth_page (self->tab_view, i);

    wanted |= is_live (tl_page_get_session (TL_PAGE (adw_tab_page_get_child (tab))));
  }
  if (application == NULL || wanted == (self->inhibit_id != 0))
    return;
  if (wanted) {
    self->inhibit_id = gtk_application_inhibit (application, GTK_WINDOW (self), GTK_APPLICATION_INHIBIT_SUSPEND,
                                                _ ("A model is being trained"));
  } else {
    gtk_application_uninhibit (application, self->inhibit_id);
    self->inhibit_id = 0;
  }
}

static const char *
describe_end (const TlTraining *training)
{
  switch (training->status) {
  case TL_TRAINING_DONE:
    return _ ("Training Finished");
  case TL_TRAINING_INTERRUPTED:
    return _ ("Training Interrupted");
  default:
    return _ ("Training Failed");
  }
}

static void
notify_end (TlWindow  *self,
            TlSession *session)
{
  const TlTraining         *training = tl_session_get_training (session);
  const char               *path = tl_document_get_path (tl_session_get_document (session));
  GtkApplication           *application = gtk_window_get_application (GTK_WINDOW (self));
  g_autoptr (GNotification) notification = NULL;
  g_autofree char          *name = path != NULL ? g_filename_display_basename (path) : g_strdup (_ ("Untitled"));
  g_autofree char          *body = NULL;

  if (application == NULL || gtk_window_is_active (GTK_WINDOW (self)) || training->seconds < LONG_RUN_S)
    return;
  if (isfinite (training->loss))
    /* Translators: a document, a cell, and the loss of its training. */
    body = g_strdup_printf (_ ("%s, %s: loss %.4f"), name, training->cell != NULL ? training->cell : training->run, training->loss);
  else
    body = g_strdup (name);
  notification = g_notification_new (describe_end (training));
  g_notification_set_body (notification, body);
  g_application_send_notification (G_APPLICATION (application), training->run, notification);
}

static void
training_changed_cb (TlSession *session,
                     TlWindow  *self)
{
  gboolean was_live = g_hash_table_contains (self->watched, session);

  if (was_live == is_live (session))
    return;
  if (was_live) {
    g_hash_table_remove (self->watched, session);
    notify_end (self, session);
  } else {
    g_hash_table_add (self->watched, session);
  }
  update_inhibit (self);
}

void
tl_window_watch (TlWindow *self,
                 TlPage   *page)
{
  TlSession *session = tl_page_get_session (page);

  if (self->watched == NULL)
    self->watched = g_hash_table_new (NULL, NULL);
  g_signal_connect_object (session, "training-changed", G_CALLBACK (training_changed_cb), self, 0);
  training_changed_cb (session, self);
}

void
tl_window_forget (TlWindow *self,
                  TlPage   *page)
{
  TlSession *session = tl_page_get_session (page);

  g_signal_handlers_disconnect_by_func (session, training_changed_cb, self);
  if (self->watched != NULL)
    g_hash_table_remove (self->watched, session);
}

void
tl_window_unwatch (TlWindow *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (self->inhibit_id != 0 && application != NULL)
    gtk_application_uninhibit (application, self->inhibit_id);
  self->inhibit_id = 0;
  g_clear_pointer (&self->watched, g_hash_table_unref);
}
