/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/panels/outline.h"

#include <glib/gi18n.h>

#include "ui/notebook/markdown.h"
#include "ui/plot/number.h"

#define REFRESH_DELAY_MS 150

struct _TlOutline {
  GtkWidget parent_instance;

  /* children */
  GtkWidget  *scroller;
  GtkListBox *list;
  GtkWidget  *variables_title;
  GtkListBox *variables;

  /* owned */
  TlSession    *session;
  TlCell       *selected;
  GCancellable *cancellable;
  GArray       *entries; /* of Entry: what the list shows */
  guint         refresh_id;
  gboolean      was_busy;
};

G_DEFINE_FINAL_TYPE (TlOutline, tl_outline, GTK_TYPE_WIDGET)

enum {
  SIGNAL_CHOSEN,
  SIGNAL_ASKED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static GtkWidget *
make_label (const char *text,
            const char *style,
            gboolean    expand)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), expand ? 0 : 1);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, expand);
  gtk_widget_add_css_class (label, style);
  return label;
}

/* --- cells --------------------------------------------------------------------------------------------------------------- */

/* What a row of the outline shows. */
typedef struct {
  TlCell     *cell; /* owned */
  char       *text;
  const char *style;
  const char *status;
} Entry;

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_object_unref (entry->cell);
  g_free (entry->text);
}

static void
add_entry (GArray     *entries,
           TlCell     *cell,
           const char *text,
           const char *style,
           const char *status)
{
  Entry entry = { g_object_ref (cell), g_strdup (text), style, status };

  g_array_append_val (entries, entry);
}

static void
add_row (TlOutline   *self,
         const Entry *entry)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *status = make_label (entry->status, "tl-outline-status", FALSE);

  gtk_box_append (GTK_BOX (box), make_label (entry->text, entry->style, TRUE));
  gtk_box_append (GTK_BOX (box), status);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  g_object_set_data_full (G_OBJECT (row), "cell", g_object_ref (entry->cell), g_object_unref);
  g_object_set_data (G_OBJECT (row), "status", status);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, entry->text, -1);
  gtk_list_box_append (self->list, row);
  if (entry->cell == self->selected)
    gtk_list_box_select_row (self->list, GTK_LIST_BOX_ROW (row));
}

static void
add_headings (GArray *entries,
              TlCell *cell)
{
  static const char *const styles[] = { "tl-outline-h1", "tl-outline-h2", "tl-outline-h3" };
  g_autoptr (GArray)       levels = NULL;
  g_auto (GStrv)           headings = tl_markdown_headings (tl_cell_get_text (cell, NULL), &levels);

  for (guint i = 0; headings[i] != NULL; i++)
    add_entry (entries, cell, headings[i], styles[CLAMP (g_array_index (levels, guint, i), 1, 3) - 1], NULL);
}

static const char *
status_sign (TlOutline *self,
             TlCell    *cell)
{
  const TlOutputs *outputs = tl_session_get_outputs (self->session, tl_cell_get_id (cell));

  if (outputs == NULL)
    return NULL;
  switch (outputs->status) {
  case TL_CELL_DONE:
    return tl_session_is_stale (self->session, cell) ? "·" : "✓";
  case TL_CELL_ERROR:
    return "✗";
  case TL_CELL_RUNNING:
    return "▶";
  case TL_CELL_QUEUED:
    return "…";
  default:
    return NULL;
  }
}

static GArray *
read_entries (TlOutline *self)
{
  TlDocument *document = tl_session_get_document (self->session);
  GArray     *entries = g_array_new (FALSE, FALSE, sizeof (Entry));

  g_array_set_clear_func (entries, entry_clear);
  for (guint i = 0; i < tl_document_get_n_cells (document); i++) {
    TlCell *cell = tl_document_get_cell (document, i);

    if (tl_cell_get_kind (cell) == TL_CELL_TEXT)
      add_headings (entries, cell);
    else
      add_entry (entries, cell, tl_cell_get_id (cell) != NULL ? tl_cell_get_id (cell) : "",
                 tl_cell_get_kind (cell) == TL_CELL_GRAPH ? "tl-outline-graph" : "tl-outline-lua", status_sign (self, cell));
  }
  return entries;
}

/* Whether the rows there are need nothing but other signs: a row that is being clicked or has the keyboard must stay. */
static gboolean
is_same (GArray *a,
         GArray *b)
{
  if (a == NULL || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const Entry *x = &g_array_index (a, Entry, i);
    const Entry *y = &g_array_index (b, Entry, i);

    if (x->cell != y->cell || x->style != y->style || !g_str_equal (x->text, y->text))
      return FALSE;
  }
  return TRUE;
}

static void
refresh (TlOutline *self)
{
  GArray        *entries = read_entries (self);
  GtkListBoxRow *row;

  if (is_same (self->entries, entries)) {
    for (guint i = 0; i < entries->len; i++) {
      row = gtk_list_box_get_row_at_index (self->list, (int)i);
      gtk_label_set_text (g_object_get_data (G_OBJECT (row), "status"), g_array_index (entries, Entry, i).status);
    }
  } else {
    while ((row = gtk_list_box_get_row_at_index (self->list, 0)) != NULL)
      gtk_list_box_remove (self->list, GTK_WIDGET (row));
    for (guint i = 0; i < entries->len; i++)
      add_row (self, &g_array_index (entries, Entry, i));
  }
  g_clear_pointer (&self->entries, g_array_unref);
  self->entries = entries;
}

static gboolean
refresh_cb (gpointer user_data)
{
  TlOutline *self = user_data;

  self->refresh_id = 0;
  refresh (self);
  return G_SOURCE_REMOVE;
}

static void
queue_refresh (TlOutline *self)
{
  if (self->refresh_id == 0)
    self->refresh_id = g_timeout_add (REFRESH_DELAY_MS, refresh_cb, self);
}

static void
row_activated_cb (GtkListBox    *list,
                  GtkListBoxRow *row,
                  TlOutline     *self)
{
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, g_object_get_data (G_OBJECT (row), "cell"));
}

static void
variable_activated_cb (GtkListBox    *list,
                       GtkListBoxRow *row,
                       TlOutline     *self)
{
  g_signal_emit (self, signals[SIGNAL_ASKED], 0, g_object_get_data (G_OBJECT (row), "name"));
}

void
tl_outline_select (TlOutline *self,
                   TlCell    *cell)
{
  g_return_if_fail (TL_IS_OUTLINE (self));

  if (!g_set_object (&self->selected, cell))
    return;
  gtk_list_box_unselect_all (self->list);
  for (int i = 0; cell != NULL; i++) {
    GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->list, i);

    if (row == NULL)
      return;
    if (g_object_get_data (G_OBJECT (row), "cell") == cell) {
      gtk_list_box_select_row (self->list, row);
      return;
    }
  }
}

/* --- variables ------------------------------------------------------------------------------------------------------------- */

static void
show_variables (TlOutline *self,
                GVariant  *variables)
{
  GtkListBoxRow *old;
  GVariantIter   iter;
  const char    *name, *type, *summary;
  guint64        n_bytes;
  guint          n = 0;

  while ((old = gtk_list_box_get_row_at_index (self->variables, 0)) != NULL)
    gtk_list_box_remove (self->variables, GTK_WIDGET (old));
  g_variant_iter_init (&iter, variables);
  while (g_variant_iter_next (&iter, "(&s&s&st)", &name, &type, &summary, &n_bytes)) {
    GtkWidget       *row = gtk_list_box_row_new ();
    GtkWidget       *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
    g_autofree char *bytes = n_bytes > 0 ? tl_number_bytes (n_bytes) : NULL;
    g_autofree char *tip = g_strdup_printf ("%s: %s %s%s%s", name, type, summary, bytes != NULL ? "\n" : "", bytes != NULL ? bytes : "");

    gtk_box_append (GTK_BOX (box), make_label (name, "tl-outline-lua", FALSE));
    gtk_box_append (GTK_BOX (box), make_label (*summary != '\0' ? summary : type, "tl-variable", TRUE));
    gtk_widget_set_tooltip_text (row, tip);
    gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
    g_object_set_data_full (G_OBJECT (row), "name", g_strdup (name), g_free);
    gtk_list_box_append (self->variables, row);
    n++;
  }
  gtk_widget_set_visible (self->variables_title, n > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->variables), n > 0);
}

static void
variables_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (TlOutline) self = user_data;
  g_autoptr (GVariant)  answer = tl_kernel_client_call_finish (TL_KERNEL_CLIENT (source), result, NULL);
  g_autoptr (GVariant)  variables = NULL;

  if (answer == NULL || self->session == NULL)
    return;
  variables = g_variant_get_child_value (answer, 0);
  show_variables (self, variables);
}

/* Variables are asked for when work ends, which is when they have changed. */
static void
kernel_changed_cb (TlOutline *self)
{
  gboolean      is_busy = tl_session_is_busy (self->session);
  TlKernelState state = tl_kernel_client_get_state (tl_session_get_kernel (self->session));

  if (state == TL_KERNEL_ENDED || state == TL_KERNEL_FAILED || state == TL_KERNEL_OFF) {
    gtk_widget_set_visible (self->variables_title, FALSE);
    gtk_widget_set_visible (GTK_WIDGET (self->variables), FALSE);
  }

  if (!is_busy && tl_kernel_client_get_state (tl_session_get_kernel (self->session)) == TL_KERNEL_IDLE)
    tl_kernel_client_call_async (tl_session_get_kernel (self->session), "Variables", NULL, self->cancellable, variables_cb,
                                 g_object_ref (self));
  self->was_busy = is_busy;
}

/* --- object ---------------------------------------------------------------------------------------------------------------- */

static void
tl_outline_dispose (GObject *object)
{
  TlOutline *self = TL_OUTLINE (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->session);
  g_clear_object (&self->selected);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->entries, g_array_unref);
  G_OBJECT_CLASS (tl_outline_parent_class)->dispose (object);
}

static void
tl_outline_class_init (TlOutlineClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tl_outline_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "outline");
  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, TL_TYPE_CELL);
  signals[SIGNAL_ASKED] = g_signal_new ("asked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tl_outline_init (TlOutline *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *title = make_label (_ ("Outline"), "tl-pane-title", TRUE);

  self->cancellable = g_cancellable_new ();
  self->list = GTK_LIST_BOX (gtk_list_box_new ());
  self->variables = GTK_LIST_BOX (gtk_list_box_new ());
  self->variables_title = make_label (_ ("Variables"), "tl-pane-title", TRUE);
  gtk_list_box_set_selection_mode (self->variables, GTK_SELECTION_NONE);
  gtk_widget_set_visible (self->variables_title, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->variables), FALSE);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->list));
  gtk_box_append (GTK_BOX (box), self->variables_title);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->variables));
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), box);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
  gtk_widget_set_size_request (GTK_WIDGET (self), 216, -1);
  gtk_widget_add_css_class (GTK_WIDGET (self), "tl-pane");
  g_signal_connect (self->variables, "row-activated", G_CALLBACK (variable_activated_cb), self);
  g_signal_connect (self->list, "row-activated", G_CALLBACK (row_activated_cb), self);
}

GtkWidget *
tl_outline_new (TlSession *session)
{
  TlOutline  *self = g_object_new (TL_TYPE_OUTLINE, NULL);
  TlDocument *document = tl_session_get_document (session);

  self->session = g_object_ref (session);
  g_signal_connect_object (document, "changed", G_CALLBACK (queue_refresh), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "outputs-changed", G_CALLBACK (queue_refresh), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "kernel-changed", G_CALLBACK (kernel_changed_cb), self, G_CONNECT_SWAPPED);
  refresh (self);
  return GTK_WIDGET (self);
}
