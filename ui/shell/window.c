/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/window-private.h"

#include <glib/gi18n.h>

#include "ui/shell/settings.h"

/* Tabs and title.  Commands are in window-actions.c, files in window-files.c. */

G_DEFINE_FINAL_TYPE (TlWindow, tl_window, ADW_TYPE_APPLICATION_WINDOW)

TlPage *
tl_window_get_page (TlWindow *self)
{
  AdwTabPage *tab;

  g_return_val_if_fail (TL_IS_WINDOW (self), NULL);

  tab = adw_tab_view_get_selected_page (self->tab_view);
  return tab != NULL ? TL_PAGE (adw_tab_page_get_child (tab)) : NULL;
}

void
tl_window_toast (TlWindow   *self,
                 const char *message)
{
  g_autofree char *escaped = g_markup_escape_text (message, -1);

  g_return_if_fail (TL_IS_WINDOW (self));

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
}

static void
update_tab (TlPage     *page,
            AdwTabPage *tab)
{
  TlSession       *session = tl_page_get_session (page);
  gboolean         is_modified = tl_document_is_modified (tl_session_get_document (session));
  g_autofree char *name = tl_page_dup_title (page);
  g_autofree char *title = g_strconcat (name, is_modified ? " •" : "", NULL);

  adw_tab_page_set_title (tab, title);
  adw_tab_page_set_loading (tab, tl_session_is_busy (session));
}

void
tl_window_update_title (TlWindow *self)
{
  TlPage     *page = tl_window_get_page (self);
  AdwTabPage *tab = adw_tab_view_get_selected_page (self->tab_view);
  const char *path;

  gtk_stack_set_visible_child_name (self->stack, page != NULL ? "tabs" : "start");
  gtk_widget_set_visible (GTK_WIDGET (self->run_group), page != NULL);
  gtk_widget_set_visible (self->stop_button, page != NULL);
  gtk_widget_set_visible (self->pane_buttons, page != NULL);
  gtk_widget_set_visible (self->sidebar_button, page != NULL);
  gtk_widget_set_visible (self->undo_group, page != NULL);
  if (page == NULL) {
    adw_window_title_set_title (self->title, "Trellis");
    adw_window_title_set_subtitle (self->title, "");
    gtk_window_set_title (GTK_WINDOW (self), "Trellis");
    return;
  }
  update_tab (page, tab);
  adw_window_title_set_title (self->title, adw_tab_page_get_title (tab));
  gtk_window_set_title (GTK_WINDOW (self), adw_tab_page_get_title (tab));
  path = tl_document_get_path (tl_session_get_document (tl_page_get_session (page)));
  if (path != NULL) {
    g_autofree char *folder = g_path_get_dirname (path);
    g_autofree char *shown = g_filename_display_name (folder);
    const char      *home = g_get_home_dir ();

    if (g_str_has_prefix (shown, home) && shown[strlen (home)] == '/') {
      g_autofree char *shorter = g_strconcat ("~", shown + strlen (home), NULL);

      adw_window_title_set_subtitle (self->title, shorter);
    } else {
      adw_window_title_set_subtitle (self->title, shown);
    }
  } else {
    adw_window_title_set_subtitle (self->title, _ ("Not saved yet"));
  }
}

static void
update_all (TlWindow *self)
{
  tl_window_update_title (self);
  tl_window_update_actions (self);
}

static void
page_changed_cb (TlPage   *page,
                 TlWindow *self)
{
  AdwTabPage *tab = adw_tab_view_get_page (self->tab_view, GTK_WIDGET (page));

  if (tab != NULL)
    update_tab (page, tab);
  if (page == tl_window_get_page (self))
    update_all (self);
}

AdwTabPage *
tl_window_add_page (TlWindow *self,
                    TlPage   *page)
{
  AdwTabPage *tab = adw_tab_view_append (self->tab_view, GTK_WIDGET (page));

  g_signal_connect_object (page, "state-changed", G_CALLBACK (page_changed_cb), self, 0);
  tl_window_watch (self, page);
  update_tab (page, tab);
  adw_tab_view_set_selected_page (self->tab_view, tab);
  update_all (self);
  gtk_widget_child_focus (GTK_WIDGET (tl_page_get_notebook (page)), GTK_DIR_TAB_FORWARD);
  return tab;
}

static void
selected_cb (TlWindow *self)
{
  TlPage *page = tl_window_get_page (self);

  if (page == NULL)
    tl_start_page_refresh (self->start_page);
  update_all (self);
}

static gboolean
close_page_cb (AdwTabView *view,
               AdwTabPage *tab,
               TlWindow   *self)
{
  tl_window_ask_close (self, tab);
  return GDK_EVENT_STOP;
}

static gboolean
tl_window_close_request (GtkWindow *window)
{
  TlWindow *self = TL_WINDOW (window);

  if (!self->is_closing && tl_window_ask_close_all (self))
    return GDK_EVENT_STOP;
  tl_window_unwatch (self);
  for (int i = 0; i < adw_tab_view_get_n_pages (self->tab_view); i++) {
    AdwTabPage *tab = adw_tab_view_get_nth_page (self->tab_view, i);

    tl_window_forget (self, TL_PAGE (adw_tab_page_get_child (tab)));
    tl_session_close (tl_page_get_session (TL_PAGE (adw_tab_page_get_child (tab))), FALSE);
  }
  return GTK_WINDOW_CLASS (tl_window_parent_class)->close_request (window);
}

static void
tl_window_class_init (TlWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (TL_TYPE_START_PAGE);
  GTK_WINDOW_CLASS (klass)->close_request = tl_window_close_request;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/trellisml/Trellis/ui/shell/window.ui");
  gtk_widget_class_bind_template_child (widget_class, TlWindow, title);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, tab_view);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, tab_bar);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, start_page);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, run_group);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, stop_button);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, pane_buttons);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, sidebar_button);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, menu_button);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, narrow_menu_button);
  gtk_widget_class_bind_template_child (widget_class, TlWindow, undo_group);
}

static void
tl_window_init (TlWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  tl_window_install_actions (self);
  g_signal_connect_swapped (self->tab_view, "notify::selected-page", G_CALLBACK (selected_cb), self);
  g_signal_connect (self->tab_view, "close-page", G_CALLBACK (close_page_cb), self);
  gtk_window_set_default_size (GTK_WINDOW (self), 1280, 860);
  tl_settings_bind ("window-width", self, "default-width");
  tl_settings_bind ("window-height", self, "default-height");
  tl_settings_bind ("window-maximized", self, "maximized");
  update_all (self);
}

TlWindow *
tl_window_new (GtkApplication *application)
{
  return g_object_new (TL_TYPE_WINDOW, "application", application, NULL);
}
