/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/application.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>
#include <signal.h>

#include "ui/canvas/graph-info-app.h"
#include "ui/shell/preferences.h"
#include "ui/shell/window-private.h"
#include "ui/ui-resources.h"

#include "config.h"

struct _TlApplication {
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (TlApplication, tl_application, ADW_TYPE_APPLICATION)

/* GtkSourceView reads schemes from folders only, so ours are laid into the cache folder. */
static void
add_styles (void)
{
  static const char *const names[] = { "trellis.xml", "trellis-dark.xml" };
  g_autofree char         *folder = g_build_filename (g_get_user_cache_dir (), "trellis", "styles", NULL);

  g_mkdir_with_parents (folder, 0700);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char   *resource = g_strconcat ("/org/trellisml/Trellis/styles/", names[i], NULL);
    g_autofree char   *path = g_build_filename (folder, names[i], NULL);
    g_autofree char   *old = NULL;
    g_autoptr (GBytes) bytes = g_resources_lookup_data (resource, 0, NULL);
    gsize              length = 0;

    if (g_file_get_contents (path, &old, &length, NULL) && length == g_bytes_get_size (bytes) && memcmp (old, g_bytes_get_data (bytes, NULL), length) == 0)
      continue;
    g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize)g_bytes_get_size (bytes), NULL);
  }
  gtk_source_style_scheme_manager_append_search_path (gtk_source_style_scheme_manager_get_default (), folder);
}

void
tl_ui_init (void)
{
  static gsize once;

  if (!g_once_init_enter (&once))
    return;
  g_resources_register (tl_ui_get_resource ());
  gtk_source_init ();
  add_styles ();
  g_once_init_leave (&once, 1);
}

static TlWindow *
get_window (TlApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  while (window != NULL && !TL_IS_WINDOW (window))
    window = gtk_window_get_transient_for (window);
  return window != NULL ? TL_WINDOW (window) : NULL;
}

static TlWindow *
ensure_window (TlApplication *self)
{
  TlWindow *window = get_window (self);

  if (window == NULL) {
    window = tl_window_new (GTK_APPLICATION (self));
    tl_window_recover (window);
  }
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static void
tl_application_activate (GApplication *application)
{
  ensure_window (TL_APPLICATION (application));
}

static void
tl_application_open (GApplication *application,
                     GFile       **files,
                     int           n_files,
                     const char   *hint)
{
  TlWindow *window = ensure_window (TL_APPLICATION (application));

  for (int i = 0; i < n_files; i++)
    if (g_file_peek_path (files[i]) != NULL)
      tl_window_open (window, g_file_peek_path (files[i]));
}

static void
quit_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  GList *windows = g_list_copy (gtk_application_get_windows (GTK_APPLICATION (user_data)));

  for (GList *l = windows; l != NULL; l = l->next)
    gtk_window_close (l->data);
  g_list_free (windows);
}

static void
new_window_cb (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  gtk_window_present (GTK_WINDOW (tl_window_new (GTK_APPLICATION (user_data))));
}

static void
preferences_cb (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  tl_preferences_show (gtk_application_get_active_window (GTK_APPLICATION (user_data)));
}

static void
about_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  adw_show_about_window (gtk_application_get_active_window (GTK_APPLICATION (user_data)),
                         "application-name", "Trellis",
                         "application-icon", "org.trellisml.Trellis",
                         "version", TL_VERSION,
                         "comments", _ ("A notebook for machine learning"),
                         "license-type", GTK_LICENSE_APACHE_2_0,
                         NULL);
}

/* The session ends and nobody can be asked: what is not saved stays in the journals, what is being trained goes on. */
static gboolean
terminate_cb (gpointer user_data)
{
  GList *windows = g_list_copy (gtk_application_get_windows (GTK_APPLICATION (user_data)));

  for (GList *l = windows; l != NULL; l = l->next)
    if (TL_IS_WINDOW (l->data))
      tl_window_leave (TL_WINDOW (l->data));
  g_list_free (windows);
  g_application_quit (G_APPLICATION (user_data));
  return G_SOURCE_REMOVE;
}

static void
tl_application_startup (GApplication *application)
{
  // clang-format off
  static const GActionEntry entries[] = {
    { "quit", quit_cb, NULL, NULL, NULL, { 0 } },
    { "about", about_cb, NULL, NULL, NULL, { 0 } },
    { "new-window", new_window_cb, NULL, NULL, NULL, { 0 } },
    { "preferences", preferences_cb, NULL, NULL, NULL, { 0 } },
  };
  // clang-format on

  tl_ui_init ();
  tl_graph_info_use_app ();
  G_APPLICATION_CLASS (tl_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name ("org.trellisml.Trellis");
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries), application);
  for (gsize i = 0; i < tl_n_window_action_rows; i++) {
    const TlActionRow *row = &tl_window_action_rows[i];
    g_auto (GStrv)     accels = g_strsplit (row->accels, " ", 0);

    /* Keys of the canvas are its own: a window would take them away from every editor. */
    if (g_str_has_prefix (row->name, "win.") || g_str_has_prefix (row->name, "app."))
      gtk_application_set_accels_for_action (GTK_APPLICATION (application), row->name, (const char *const *)accels);
  }
  tl_preferences_get_default ();
  g_unix_signal_add (SIGTERM, terminate_cb, application);
  g_unix_signal_add (SIGINT, terminate_cb, application);
  g_unix_signal_add (SIGHUP, terminate_cb, application);
}

static int
tl_application_handle_local_options (GApplication *application,
                                     GVariantDict *options)
{
  if (g_variant_dict_contains (options, "version")) {
    g_print ("trellis-desktop %s\n", TL_VERSION);
    return 0;
  }
  return -1;
}

static void
tl_application_class_init (TlApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->activate = tl_application_activate;
  application_class->open = tl_application_open;
  application_class->startup = tl_application_startup;
  application_class->handle_local_options = tl_application_handle_local_options;
}

static void
tl_application_init (TlApplication *self)
{
  static const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Print the version and end"), NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), entries);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _ ("[FILE…]"));
}

TlApplication *
tl_application_new (void)
{
  return g_object_new (TL_TYPE_APPLICATION,
                       "application-id", "org.trellisml.Trellis",
                       "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/org/trellisml/Trellis",
                       NULL);
}
