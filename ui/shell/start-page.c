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
    gtk_label_set_max_width_chars (GTK_LABEL (label), 24);
  }
  return label;
}

static GtkWidget *
make_card (const char *path)
{
  GtkWidget       *button = gtk_button_new ();
  GtkWidget       *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  g_autofree char *title = NULL;
  g_autofree char *summary = NULL;
  g_autofree char *name = g_path_get_basename (path);

  read_title (path, &title, &summary);
  gtk_box_append (GTK_BOX (box), make_label (title, "tl-card-title", 2));
  if (summary != NULL) {
    g_autofree char *markup = tl_markdown_to_markup (summary);

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
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", path);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  return button;
}

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
update_examples (TlStartPage *self)
{
  g_autofree char      *data = tl_settings_data_folder ();
  g_autofree char      *folder = g_build_filename (data, "examples", NULL);
  g_autoptr (GDir)      dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char           *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL && paths->len < MAX_EXAMPLES)
    if (g_str_has_suffix (name, ".trellis"))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  for (guint i = 0; i < paths->len; i++) {
    GtkWidget *card = make_card (paths->pdata[i]);

    gtk_flow_box_insert (self->examples, card, -1);
    gtk_widget_set_focusable (gtk_widget_get_parent (card), FALSE);
  }
  gtk_widget_set_visible (self->examples_group, paths->len > 0);
}

static void
update_recent (TlStartPage *self)
{
  g_auto (GStrv) paths = tl_settings_get_recent ();

  for (guint i = 0; paths[i] != NULL; i++) {
    GtkWidget       *row = adw_action_row_new ();
    g_autofree char *name = g_filename_display_basename (paths[i]);
    g_autofree char *dir = g_path_get_dirname (paths[i]);
    g_autofree char *shown = g_filename_display_name (dir);

    adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), shown);
    gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
    gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "win.open-path");
    gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", paths[i]);
    adw_action_row_add_suffix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name ("go-next-symbolic"));
    gtk_list_box_append (self->recent, row);
  }
  gtk_widget_set_visible (self->recent_group, paths[0] != NULL);
}

void
tl_start_page_refresh (TlStartPage *self)
{
  GtkWidget *child;

  g_return_if_fail (TL_IS_START_PAGE (self));

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->examples))) != NULL)
    gtk_flow_box_remove (self->examples, child);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->recent))) != NULL)
    gtk_list_box_remove (self->recent, child);
  update_examples (self);
  update_recent (self);
}

static void
tl_start_page_class_init (TlStartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

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
  tl_start_page_refresh (self);
}
