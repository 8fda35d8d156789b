/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/palette.h"

#include <glib/gi18n.h>
#include <string.h>

#include "lua/syntax/text-edit.h"
#include "ui/canvas/graph-info.h"

struct _TlPalette {
  GtkPopover parent_instance;

  GtkWidget  *entry;
  GtkListBox *list;
};

G_DEFINE_FINAL_TYPE (TlPalette, tl_palette, GTK_TYPE_POPOVER)

enum {
  SIGNAL_CHOSEN,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static GtkWidget *
make_row (const char *name,
          const char *group,
          const char *doc,
          const char *others)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *title = gtk_label_new (name);
  GtkWidget *text = gtk_label_new (doc);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_width_chars (GTK_LABEL (title), 14);
  gtk_widget_add_css_class (title, "tl-palette-name");
  gtk_label_set_xalign (GTK_LABEL (text), 0);
  gtk_label_set_ellipsize (GTK_LABEL (text), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (text), 44);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_widget_add_css_class (text, "tl-palette-doc");
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), text);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  g_object_set_data_full (G_OBJECT (row), "name", g_strdup (name), g_free);
  g_object_set_data_full (G_OBJECT (row), "group", g_strdup (group), g_free);
  g_object_set_data_full (G_OBJECT (row), "doc", g_strdup (doc), g_free);
  g_object_set_data_full (G_OBJECT (row), "others", g_strdup (others), g_free);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  return row;
}

static gboolean
filter_cb (GtkListBoxRow *row,
           gpointer       user_data)
{
  TlPalette       *self = user_data;
  const char      *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  const char      *name = g_object_get_data (G_OBJECT (row), "name");
  const char      *doc = g_object_get_data (G_OBJECT (row), "doc");
  const char      *others = g_object_get_data (G_OBJECT (row), "others");
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  g_autofree char *have = g_utf8_casefold (name, -1);
  g_autofree char *said = g_utf8_casefold (doc != NULL ? doc : "", -1);
  g_autofree char *called = g_utf8_casefold (others != NULL ? others : "", -1);

  return strstr (have, wanted) != NULL || (strlen (wanted) > 2 && (strstr (said, wanted) != NULL || strstr (called, wanted) != NULL));
}

static void
header_cb (GtkListBoxRow *row,
           GtkListBoxRow *before,
           gpointer       user_data)
{
  const char *group = g_object_get_data (G_OBJECT (row), "group");
  GtkWidget  *label;

  if (before != NULL && g_strcmp0 (group, g_object_get_data (G_OBJECT (before), "group")) == 0) {
    gtk_list_box_row_set_header (row, NULL);
    return;
  }
  label = gtk_label_new (group);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "tl-palette-group");
  gtk_list_box_row_set_header (row, label);
}

/* Whether one of the words that others call a row by begins with a text. */
static gboolean
is_called (GtkListBoxRow *row,
           const char    *text)
{
  const char    *others = g_object_get_data (G_OBJECT (row), "others");
  g_auto (GStrv) words = g_strsplit (others != NULL ? others : "", " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (*text != '\0' && g_ascii_strncasecmp (words[i], text, strlen (text)) == 0)
      return TRUE;
  return FALSE;
}

/* The row whose name begins so, or that others call so, or the first. */
static GtkListBoxRow *
first_shown (TlPalette *self)
{
  const char    *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  GtkListBoxRow *first = NULL, *called = NULL;

  for (int i = 0;; i++) {
    GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->list, i);

    if (row == NULL)
      return called != NULL ? called : first;
    if (!gtk_widget_get_child_visible (GTK_WIDGET (row)))
      continue;
    first = first != NULL ? first : row;
    if (called == NULL && is_called (row, text))
      called = row;
    if (g_ascii_strncasecmp (g_object_get_data (G_OBJECT (row), "name"), text, strlen (text)) == 0)
      return row;
  }
}

static void
choose (TlPalette  *self,
        const char *name)
{
  g_autofree char *copy = g_strdup (name);

  gtk_popover_popdown (GTK_POPOVER (self));
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, copy);
}

static void
changed_cb (TlPalette *self)
{
  gtk_list_box_invalidate_filter (self->list);
  gtk_list_box_select_row (self->list, first_shown (self));
}

static void
entry_activate_cb (TlPalette *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  const char    *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  if (row != NULL && gtk_widget_get_child_visible (GTK_WIDGET (row)))
    choose (self, g_object_get_data (G_OBJECT (row), "name"));
  else if (tl_name_is_valid (text))
    choose (self, text);
}

static void
row_activated_cb (GtkListBox    *list,
                  GtkListBoxRow *row,
                  TlPalette     *self)
{
  choose (self, g_object_get_data (G_OBJECT (row), "name"));
}

/* Up and down move in the list while the text stays where typing goes. */
static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        TlPalette             *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  int            step = key == GDK_KEY_Down ? 1 : key == GDK_KEY_Up ? -1
                                                                    : 0;

  if (step == 0 || row == NULL)
    return GDK_EVENT_PROPAGATE;
  for (int i = gtk_list_box_row_get_index (row) + step;; i += step) {
    GtkListBoxRow *next = i >= 0 ? gtk_list_box_get_row_at_index (self->list, i) : NULL;

    if (next == NULL)
      return GDK_EVENT_STOP;
    if (!gtk_widget_get_child_visible (GTK_WIDGET (next)))
      continue;
    gtk_list_box_select_row (self->list, next);
    return GDK_EVENT_STOP;
  }
}

void
tl_palette_open (TlPalette         *self,
                 const char *const *extra)
{
  const TlGraphInfo *info = tl_graph_info_get_default ();
  GPtrArray         *rows = info->rows != NULL ? info->rows () : NULL;
  GtkListBoxRow     *old;

  g_return_if_fail (TL_IS_PALETTE (self));

  while ((old = gtk_list_box_get_row_at_index (self->list, 0)) != NULL)
    gtk_list_box_remove (self->list, GTK_WIDGET (old));
  for (guint i = 0; extra != NULL && extra[i] != NULL; i++)
    gtk_list_box_append (self->list, make_row (extra[i], _ ("Graphs of this document"), NULL, NULL));
  for (guint i = 0; rows != NULL && i < rows->len; i++) {
    const TlRow *row = rows->pdata[i];

    if (row->is_offered)
      gtk_list_box_append (self->list, make_row (row->name, row->group, row->doc, row->others));
  }
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  gtk_popover_popup (GTK_POPOVER (self));
  changed_cb (self);
  gtk_widget_grab_focus (self->entry);
}

static void
tl_palette_class_init (TlPaletteClass *klass)
{
  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tl_palette_init (TlPalette *self)
{
  GtkWidget          *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget          *scroller = gtk_scrolled_window_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  self->entry = gtk_search_entry_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Search for a row"), -1);
  self->list = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_list_box_set_filter_func (self->list, filter_cb, self, NULL);
  gtk_list_box_set_header_func (self->list, header_cb, self, NULL);
  gtk_widget_set_can_focus (GTK_WIDGET (self->list), FALSE);
  gtk_list_box_set_placeholder (self->list, gtk_label_new (_ ("Enter adds what you typed")));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller), 300);
  gtk_widget_set_size_request (scroller, 400, -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (self->list));
  gtk_box_append (GTK_BOX (box), self->entry);
  gtk_box_append (GTK_BOX (box), scroller);
  gtk_popover_set_child (GTK_POPOVER (self), box);
  gtk_widget_add_css_class (GTK_WIDGET (self), "tl-palette");
  /* At once: who types a name and presses Enter does not wait for a list. */
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (self->entry, "activate", G_CALLBACK (entry_activate_cb), self);
  g_signal_connect (self->list, "row-activated", G_CALLBACK (row_activated_cb), self);
  gtk_event_controller_set_propagation_phase (key, GTK_PHASE_CAPTURE);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (self->entry, key);
}

GtkWidget *
tl_palette_new (void)
{
  return g_object_new (TL_TYPE_PALETTE, NULL);
}
