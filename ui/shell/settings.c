/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/settings.h"

#include "config.h"

#define MAX_RECENT 12

/* A program that was started from its build folder finds the schema there. */
static GSettingsSchema *
look_up_beside (void)
{
  g_autofree char       *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char       *place = program != NULL ? g_path_get_dirname (program) : NULL;
  g_autofree char       *folder = place != NULL ? g_build_filename (place, "..", "data", NULL) : NULL;
  GSettingsSchemaSource *source = NULL;
  GSettingsSchema       *schema = NULL;

  if (folder != NULL)
    source = g_settings_schema_source_new_from_directory (folder, g_settings_schema_source_get_default (), TRUE, NULL);
  if (source != NULL) {
    schema = g_settings_schema_source_lookup (source, "org.trellisml.Trellis", TRUE);
    g_settings_schema_source_unref (source);
  }
  return schema;
}

GSettings *
tl_settings_get (void)
{
  static GSettings *settings;
  static gsize      once;

  if (g_once_init_enter (&once)) {
    GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
    GSettingsSchema       *schema = NULL;

    if (source != NULL)
      schema = g_settings_schema_source_lookup (source, "org.trellisml.Trellis", TRUE);
    if (schema == NULL)
      schema = look_up_beside ();
    if (schema != NULL) {
      settings = g_settings_new_full (schema, NULL, NULL);
      g_settings_schema_unref (schema);
    }
    g_once_init_leave (&once, 1);
  }
  return settings;
}

void
tl_settings_bind (const char *key,
                  gpointer    object,
                  const char *property)
{
  GSettings *settings = tl_settings_get ();

  if (settings != NULL)
    g_settings_bind (settings, key, object, property, G_SETTINGS_BIND_DEFAULT);
}

void
tl_settings_add_recent (const char *path)
{
  GSettings               *settings = tl_settings_get ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char         *uri = NULL;
  g_auto (GStrv)           old = NULL;
  g_auto (GStrv)           all = NULL;

  if (settings == NULL || path == NULL)
    return;
  uri = g_filename_to_uri (path, NULL, NULL);
  if (uri == NULL)
    return;
  old = g_settings_get_strv (settings, "recent-files");
  g_strv_builder_add (builder, uri);
  for (guint i = 0, n = 1; old[i] != NULL && n < MAX_RECENT; i++) {
    if (g_str_equal (old[i], uri))
      continue;
    g_strv_builder_add (builder, old[i]);
    n++;
  }
  all = g_strv_builder_end (builder);
  g_settings_set_strv (settings, "recent-files", (const char *const *)all);
}

GStrv
tl_settings_get_recent (void)
{
  GSettings               *settings = tl_settings_get ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv)           uris = NULL;

  if (settings != NULL)
    uris = g_settings_get_strv (settings, "recent-files");
  for (guint i = 0; uris != NULL && uris[i] != NULL; i++) {
    g_autofree char *path = g_filename_from_uri (uris[i], NULL, NULL);

    if (path != NULL)
      g_strv_builder_add (builder, path);
  }
  return g_strv_builder_end (builder);
}

char *
tl_settings_data_folder (void)
{
  const char *folder = g_getenv ("TL_DATADIR");

  return g_strdup (folder != NULL ? folder : TL_DATADIR);
}
