/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/preferences.h"

#include <glib/gi18n.h>

#include "ui/shell/settings.h"

#define DEFAULT_CODE_FONT_SIZE 13

enum {
  PROP_THEME = 1,
  PROP_CODE_FONT_SIZE,
  PROP_THREADS,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

static const char *const themes[] = { "system", "light", "dark" };

struct _TlPreferences {
  GObject parent_instance;

  const char     *theme; /* one of themes */
  int             code_font_size;
  int             threads;
  GtkCssProvider *provider;
};

G_DEFINE_FINAL_TYPE (TlPreferences, tl_preferences, G_TYPE_OBJECT)

/* --- what they do --------------------------------------------------------------------------------------------------------- */

static void
apply_theme (TlPreferences *self)
{
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      g_str_equal (self->theme, "dark")    ? ADW_COLOR_SCHEME_FORCE_DARK
                                      : g_str_equal (self->theme, "light") ? ADW_COLOR_SCHEME_FORCE_LIGHT
                                                                           : ADW_COLOR_SCHEME_DEFAULT);
}

static void
apply_code_font_size (TlPreferences *self)
{
  GdkDisplay      *display = gdk_display_get_default ();
  g_autofree char *css = g_strdup_printf ("textview.tl-code, textview.tl-prose-source, .tl-prose-code, .tl-output-text { font-size: %dpx; }",
                                          self->code_font_size);

  if (display == NULL)
    return;
  if (self->provider == NULL) {
    self->provider = gtk_css_provider_new ();
    gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (self->provider), GTK_STYLE_PROVIDER_PRIORITY_USER - 1);
  }
  /* The style sheet's own sizes differ a little from one another, as long as nobody asks for another one. */
  gtk_css_provider_load_from_data (self->provider, self->code_font_size != DEFAULT_CODE_FONT_SIZE ? css : "", -1);
}

/* --- object --------------------------------------------------------------------------------------------------------------- */

static void
tl_preferences_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  TlPreferences *self = TL_PREFERENCES (object);

  switch (id) {
  case PROP_THEME:
    g_value_set_string (value, self->theme);
    break;
  case PROP_CODE_FONT_SIZE:
    g_value_set_int (value, self->code_font_size);
    break;
  case PROP_THREADS:
    g_value_set_int (value, self->threads);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
set_theme (TlPreferences *self,
           const char    *theme)
{
  for (guint i = 0; i < G_N_ELEMENTS (themes); i++)
    if (g_strcmp0 (themes[i], theme) == 0 && self->theme != themes[i]) {
      self->theme = themes[i];
      apply_theme (self);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_THEME]);
    }
}

static void
set_code_font_size (TlPreferences *self,
                    int            size)
{
  if (self->code_font_size == size)
    return;
  self->code_font_size = size;
  apply_code_font_size (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CODE_FONT_SIZE]);
}

static void
set_threads (TlPreferences *self,
             int            threads)
{
  if (self->threads == threads)
    return;
  self->threads = threads;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_THREADS]);
}

static void
tl_preferences_set_property (GObject      *object,
                             guint         id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  TlPreferences *self = TL_PREFERENCES (object);

  switch (id) {
  case PROP_THEME:
    set_theme (self, g_value_get_string (value));
    break;
  case PROP_CODE_FONT_SIZE:
    set_code_font_size (self, g_value_get_int (value));
    break;
  case PROP_THREADS:
    set_threads (self, g_value_get_int (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
tl_preferences_class_init (TlPreferencesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags   flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = tl_preferences_get_property;
  object_class->set_property = tl_preferences_set_property;
  properties[PROP_THEME] = g_param_spec_string ("theme", NULL, NULL, "system", flags);
  properties[PROP_CODE_FONT_SIZE] = g_param_spec_int ("code-font-size", NULL, NULL, 8, 32, DEFAULT_CODE_FONT_SIZE, flags);
  properties[PROP_THREADS] = g_param_spec_int ("threads", NULL, NULL, 0, 256, 0, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
tl_preferences_init (TlPreferences *self)
{
  self->theme = themes[0];
  self->code_font_size = DEFAULT_CODE_FONT_SIZE;
}

TlPreferences *
tl_preferences_get_default (void)
{
  static TlPreferences *preferences;

  if (preferences == NULL) {
    preferences = g_object_new (TL_TYPE_PREFERENCES, NULL);
    for (guint i = 1; i < N_PROPERTIES; i++)
      tl_settings_bind (properties[i]->name, preferences, properties[i]->name);
  }
  return preferences;
}

int
tl_preferences_get_threads (TlPreferences *self)
{
  g_return_val_if_fail (TL_IS_PREFERENCES (self), 0);

  return self->threads;
}

/* --- the window ----------------------------------------------------------------------------------------------------------- */

static gboolean
theme_to_index (GBinding     *binding,
                const GValue *from,
                GValue       *to,
                gpointer      user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (themes); i++)
    if (g_strcmp0 (themes[i], g_value_get_string (from)) == 0)
      g_value_set_uint (to, i);
  return TRUE;
}

static gboolean
index_to_theme (GBinding     *binding,
                const GValue *from,
                GValue       *to,
                gpointer      user_data)
{
  g_value_set_static_string (to, themes[MIN (g_value_get_uint (from), G_N_ELEMENTS (themes) - 1)]);
  return TRUE;
}

static AdwPreferencesGroup *
add_group (AdwPreferencesPage *page,
           const char         *title)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());

  adw_preferences_group_set_title (group, title);
  adw_preferences_page_add (page, group);
  return group;
}

static void
add_number (AdwPreferencesGroup *group,
            const char          *property,
            const char          *title,
            const char          *subtitle,
            int                  min,
            int                  max)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *spin = gtk_spin_button_new_with_range (min, max, 1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_preferences_row_set_use_underline (ADW_PREFERENCES_ROW (row), TRUE);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (spin, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (spin), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  g_object_bind_property (tl_preferences_get_default (), property, spin, "value", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), spin);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), spin);
  adw_preferences_group_add (group, row);
}

static void
add_theme (AdwPreferencesGroup *group)
{
  const char *const         names[] = { _ ("Follow System"), _ ("Light"), _ ("Dark"), NULL };
  g_autoptr (GtkStringList) model = gtk_string_list_new (names);
  GtkWidget                *row = adw_combo_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("_Theme"));
  adw_preferences_row_set_use_underline (ADW_PREFERENCES_ROW (row), TRUE);
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (model));
  g_object_bind_property_full (tl_preferences_get_default (), "theme", row, "selected",
                               G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL, theme_to_index, index_to_theme, NULL, NULL);
  adw_preferences_group_add (group, row);
}

void
tl_preferences_show (GtkWindow *parent)
{
  GtkWidget           *window = adw_preferences_window_new ();
  AdwPreferencesPage  *page = ADW_PREFERENCES_PAGE (adw_preferences_page_new ());
  AdwPreferencesGroup *group;

  adw_preferences_page_set_title (page, _ ("General"));
  group = add_group (page, _ ("Appearance"));
  add_theme (group);
  add_number (group, "code-font-size", _ ("Size of _Code"), _ ("In pixels"), 8, 32);
  group = add_group (page, _ ("Computing"));
  add_number (group, "threads", _ ("_Processors"), _ ("0 uses all of them. Kernels that run already keep what they have."), 0, 256);
  adw_preferences_window_add (ADW_PREFERENCES_WINDOW (window), page);
  adw_preferences_window_set_search_enabled (ADW_PREFERENCES_WINDOW (window), FALSE);
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  gtk_window_set_default_size (GTK_WINDOW (window), 480, 400);
  gtk_window_present (GTK_WINDOW (window));
}
