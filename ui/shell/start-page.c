/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/start-page.h"

#include <glib/gi18n.h>

#include "app/document/document-file.h"
#include "ui/notebook/markdown.h"
#include "ui/shell/settings.h"

#define MAX_EXAMPLES 9

struct _TlStartPage {
  AdwBin parent_instance;

  /* template */
  GtkImage   *logo;
  GtkWidget  *examples_group;
  GtkFlowBox *examples;
  GtkWidget  *recent_group;
  GtkListBox *recent;

  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (TlStartPage, tl_start_page, ADW_TYPE_BIN)

/* The first heading of a document and the first line of prose below it. */
static void
read_title (const char *path,
            char      **title,
            char      **summary)
{
  g_autoptr (TlDocument) document = tl_document_load (path, NULL);
  g_auto (GStrv)         lines = NULL;

  *title = g_path_get_basename (path);
  *summary = NULL;
  if (document == NULL || tl_document_get_n_cells (document) == 0)
    return;
  if (tl_cell_get_kind (tl_document_get_cell (document, 0)) != TL_CELL_TEXT)
    return;
  lines = g_strsplit (tl_cell_get_text (tl_document_get_cell (document, 0), NULL), "\n", 0);
  for (guint i = 0; lines[i] != NULL && *summary == NULL; i++) {
    const char *line = g_strstrip (lines[i]);

    if (g_str_has_prefix (line, "# ")) {
      g_free (*title);
      *title = g_strdup (line + 2);
    } else if (*line != '\0' && *line != '#') {
      /* A paragraph may go on over several lines; the card shows the beginning of it. */
      g_autoptr (GString) text = g_string_new (line);

      for (guint k = i + 1; lines[k] != NULL && *g_strstrip (lines[k]) != '\0' && text->len < 240; k++)
        g_string_append_printf (text, " %s", lines[k]);
      *summary = g_strdup (text->str);
    }
  }
}

static GtkWidget *
make_label (const char *text,
            const char *style,
            int         lines)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, style);
  if (lines > 1) {
    gtk_label_set_wrap (GTK_LABEL (label), TRUE);
    gtk_label_set_lines (GTK_LABEL (label), lines);
    gtk_label_set_max_width_chars (GTK_LABEL (label), 20);
  }
  return label;
}

/* --- what is read, on another thread --------------------------------------------------------------------------------------- */

typedef struct {
  char *path;
  char *title;
  char *summary;
} Example;

typedef struct {
  GPtrArray *examples;
  GStrv      recent; /* before: what was opened; then: what of it is still there */
} Found;

static void
example_free (gpointer data)
{
  Example *example = data;

  g_free (example->path);
  g_free (example->title);
  g_free (example->summary);
  g_free (example);
}

static void
found_free (gpointer data)
{
  Found *found = data;

  g_ptr_array_unref (found->examples);
  g_strfreev (found->recent);
  g_free (found);
}

static int
compare_examples (gconstpointer a,
                  gconstpointer b)
{
  return strcmp ((*(const Example *const *)a)->path, (*(const Example *const *)b)->path);
}

static void
find_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  g_autofree char         *data = tl_settings_data_folder ();
  g_autofree char         *folder = g_build_filename (data, "examples", NULL);
  g_autoptr (GDir)         dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GStrvBuilder) recent = g_strv_builder_new ();
  Found                   *found = g_new0 (Found, 1);
  const char *const       *paths = task_data;
  const char              *name;

  found->examples = g_ptr_array_new_with_free_func (example_free);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL && found->examples->len < MAX_EXAMPLES)
    if (g_str_has_suffix (name, ".trellis")) {
      Example *example = g_new0 (Example, 1);

      example->path = g_build_filename (folder, name, NULL);
      read_title (example->path, &example->title, &example->summary);
      g_ptr_array_add (found->examples, example);
    }
  g_ptr_array_sort (found->examples, compare_examples);
  for (guint i = 0; paths[i] != NULL; i++)
    if (g_file_test (paths[i], G_FILE_TEST_IS_REGULAR))
      g_strv_builder_add (recent, paths[i]);
  found->recent = g_strv_builder_end (recent);
  g_task_return_pointer (task, found, found_free);
}

/* --- what is shown ---------------------------------------------------------------------------------------------------------- */

static GtkWidget *
make_card (const Example *example)
{
  GtkWidget       *button = gtk_button_new ();
  GtkWidget       *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  g_autofree char *name = g_path_get_basename (example->path);

  gtk_box_append (GTK_BOX (box), make_label (example->title, "tl-card-title", 2));
  if (example->summary != NULL) {
    g_autofree char *markup = tl_markdown_to_markup (example->summary);

    gtk_box_append (GTK_BOX (box), make_label (NULL, "tl-card-text", 3));
    gtk_label_set_markup (GTK_LABEL (gtk_widget_get_last_child (box)), markup);
  }
  gtk_box_append (GTK_BOX (box), make_label (name, "tl-card-file", 1));
  gtk_widget_set_valign (gtk_widget_get_last_child (box), GTK_ALIGN_END);
  gtk_widget_set_vexpand (gtk_widget_get_last_child (box), TRUE);
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_widget_add_css_class (button, "card");
  gtk_widget_add_css_class (button, "tl-example");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.open-path");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", example->path);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, example->title, -1);
  return button;
}

static GtkWidget *
make_recent (const char *path)
{
  GtkWidget       *row = adw_action_row_new ();
  g_autofree char *name = g_filename_display_basename (path);
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *shown = g_filename_display_name (dir);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), shown);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "win.open-path");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", path);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name ("go-next-symbolic"));
  return row;
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  TlStartPage *self = TL_START_PAGE (source);
  Found       *found = g_task_propagate_pointer (G_TASK (result), NULL);
  GtkWidget   *child;

  if (found == NULL)
    return;
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->examples))) != NULL)
    gtk_flow_box_remove (self->examples, child);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->recent))) != NULL)
    gtk_list_box_remove (self->recent, child);
  for (guint i = 0; i < found->examples->len; i++) {
    GtkWidget *card = make_card (found->examples->pdata[i]);

    gtk_flow_box_insert (self->examples, card, -1);
    gtk_widget_set_focusable (gtk_widget_get_parent (card), FALSE);
  }
  for (guint i = 0; found->recent[i] != NULL; i++)
    gtk_list_box_append (self->recent, make_recent (found->recent[i]));
  gtk_widget_set_visible (self->examples_group, found->examples->len > 0);
  gtk_widget_set_visible (self->recent_group, found->recent[0] != NULL);
  found_free (found);
}

void
tl_start_page_refresh (TlStartPage *self)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (TL_IS_START_PAGE (self));

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->cancellable, found_cb, NULL);
  g_task_set_task_data (task, tl_settings_get_recent (), (GDestroyNotify)g_strfreev);
  g_task_run_in_thread (task, find_thread);
}

static void
tl_start_page_dispose (GObject *object)
{
  TlStartPage *self = TL_START_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (tl_start_page_parent_class)->dispose (object);
}

static void
tl_start_page_class_init (TlStartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_start_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/trellisml/Trellis/ui/shell/start-page.ui");
  gtk_widget_class_bind_template_child (widget_class, TlStartPage, logo);
  gtk_widget_class_bind_template_child (widget_class, TlStartPage, examples_group);
  gtk_widget_class_bind_template_child (widget_class, TlStartPage, examples);
  gtk_widget_class_bind_template_child (widget_class, TlStartPage, recent_group);
  gtk_widget_class_bind_template_child (widget_class, TlStartPage, recent);
}

static void
tl_start_page_init (TlStartPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_image_set_from_icon_name (self->logo, "org.trellisml.Trellis");
  gtk_widget_set_visible (self->examples_group, FALSE);
  gtk_widget_set_visible (self->recent_group, FALSE);
  tl_start_page_refresh (self);
}
