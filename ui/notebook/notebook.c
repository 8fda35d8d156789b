/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/notebook.h"

#include <glib/gi18n.h>

#define COLUMN_WIDTH 1100

struct _TlNotebook {
  GtkWidget parent_instance;

  /* children */
  GtkWidget *scroller;
  GtkBox    *cells;

  /* owned */
  TlSession *session;
  TlCell    *selected;
  char      *node;
};

G_DEFINE_FINAL_TYPE (TlNotebook, tl_notebook, GTK_TYPE_WIDGET)

enum {
  SIGNAL_SELECTION_CHANGED,
  SIGNAL_OPEN_CANVAS,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

TlCellView *
tl_notebook_find_view (TlNotebook *self,
                       TlCell     *cell)
{
  GtkWidget *child;

  g_return_val_if_fail (TL_IS_NOTEBOOK (self), NULL);

  for (child = gtk_widget_get_first_child (GTK_WIDGET (self->cells)); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (TL_IS_CELL_VIEW (child) && tl_cell_view_get_cell (TL_CELL_VIEW (child)) == cell)
      return TL_CELL_VIEW (child);
  return NULL;
}

static void
set_selected (TlNotebook *self,
              TlCell     *cell,
              const char *node)
{
  TlCellView *old = tl_notebook_find_view (self, self->selected);
  TlCellView *new_view = tl_notebook_find_view (self, cell);

  if (self->selected == cell && g_strcmp0 (self->node, node) == 0)
    return;
  if (self->selected != cell) {
    tl_document_break_typing (tl_session_get_document (self->session));
    if (old != NULL)
      tl_cell_view_set_selected (old, FALSE);
    if (new_view != NULL)
      tl_cell_view_set_selected (new_view, TRUE);
    g_set_object (&self->selected, cell);
  }
  g_free (self->node);
  self->node = g_strdup (node);
  g_signal_emit (self, signals[SIGNAL_SELECTION_CHANGED], 0);
}

static void
activated_cb (TlCellView *view,
              TlNotebook *self)
{
  TlCanvas *canvas = tl_cell_view_get_canvas (view);

  set_selected (self, tl_cell_view_get_cell (view), canvas != NULL ? tl_canvas_get_selected (canvas) : NULL);
}

static void
node_selected_cb (TlCellView *view,
                  const char *node,
                  TlNotebook *self)
{
  set_selected (self, tl_cell_view_get_cell (view), node);
}

static void
report_changed_cb (TlCellView *view,
                   TlNotebook *self)
{
  if (tl_cell_view_get_cell (view) == self->selected)
    g_signal_emit (self, signals[SIGNAL_SELECTION_CHANGED], 0);
}

static void
open_canvas_cb (TlCellView *view,
                TlNotebook *self)
{
  g_signal_emit (self, signals[SIGNAL_OPEN_CANVAS], 0, tl_cell_view_get_cell (view));
}

/* --- cells of the document --------------------------------------------------------------------------------------------- */

static GtkWidget *
child_before (TlNotebook *self,
              guint       index)
{
  GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->cells));

  if (index == 0)
    return NULL;
  for (guint i = 1; i < index && child != NULL; i++)
    child = gtk_widget_get_next_sibling (child);
  return child;
}

static void
insert_view (TlNotebook *self,
             TlCell     *cell,
             guint       index)
{
  GtkWidget *view = tl_cell_view_new (self->session, cell);

  g_signal_connect (view, "activated", G_CALLBACK (activated_cb), self);
  g_signal_connect (view, "node-selected", G_CALLBACK (node_selected_cb), self);
  g_signal_connect (view, "report-changed", G_CALLBACK (report_changed_cb), self);
  g_signal_connect (view, "open-canvas", G_CALLBACK (open_canvas_cb), self);
  gtk_box_insert_child_after (self->cells, view, child_before (self, index));
}

static void
cell_added_cb (TlDocument *document,
               TlCell     *cell,
               guint       index,
               TlNotebook *self)
{
  insert_view (self, cell, index);
}

static void
cell_removed_cb (TlDocument *document,
                 TlCell     *cell,
                 guint       index,
                 TlNotebook *self)
{
  TlCellView *view = tl_notebook_find_view (self, cell);

  if (self->selected == cell)
    set_selected (self, NULL, NULL);
  if (view != NULL)
    gtk_box_remove (self->cells, GTK_WIDGET (view));
}

static void
cell_moved_cb (TlDocument *document,
               TlCell     *cell,
               guint       from,
               guint       to,
               TlNotebook *self)
{
  TlCellView *view = tl_notebook_find_view (self, cell);

  if (view == NULL)
    return;
  gtk_box_reorder_child_after (self->cells, GTK_WIDGET (view), child_before (self, to > from ? to + 1 : to));
}

/* --- the row that adds cells --------------------------------------------------------------------------------------------- */

static void
append_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  TlNotebook        *self = TL_NOTEBOOK (widget);
  TlDocument        *document = tl_session_get_document (self->session);
  const char        *kind = g_variant_get_string (parameter, NULL);
  g_autoptr (GError) error = NULL;
  TlCell            *cell;

  cell = tl_document_insert_cell (document, tl_document_get_n_cells (document),
                                  g_str_equal (kind, "lua")     ? TL_CELL_LUA
                                  : g_str_equal (kind, "graph") ? TL_CELL_GRAPH
                                                                : TL_CELL_TEXT,
                                  NULL, "", &error);
  if (cell != NULL)
    tl_notebook_select (self, cell, TRUE);
  else
    gtk_widget_activate_action (widget, "win.toast", "s", error->message);
}

static GtkWidget *
make_add_row (void)
{
  // clang-format off
  static const struct { const char *kind; const char *label; const char *tip; } rows[] = {
    { "text", N_("Text"), N_("Add a Text Cell at the End") },
    { "lua", N_("Lua"), N_("Add a Lua Cell at the End") },
    { "graph", N_("Graph"), N_("Add a Graph Cell at the End") },
  };
  // clang-format on
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GtkWidget *button = gtk_button_new ();
    GtkWidget *content = adw_button_content_new ();

    adw_button_content_set_icon_name (ADW_BUTTON_CONTENT (content), "list-add-symbolic");
    adw_button_content_set_label (ADW_BUTTON_CONTENT (content), _ (rows[i].label));
    gtk_button_set_child (GTK_BUTTON (button), content);
    gtk_widget_set_tooltip_text (button, _ (rows[i].tip));
    gtk_widget_add_css_class (button, "flat");
    gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "notebook.append");
    gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", rows[i].kind);
    gtk_box_append (GTK_BOX (box), button);
  }
  gtk_widget_add_css_class (box, "tl-add-row");
  return box;
}

/* --- public ---------------------------------------------------------------------------------------------------------------- */

TlCell *
tl_notebook_get_selected (TlNotebook *self)
{
  g_return_val_if_fail (TL_IS_NOTEBOOK (self), NULL);

  return self->selected;
}

const char *
tl_notebook_get_selected_node (TlNotebook *self)
{
  g_return_val_if_fail (TL_IS_NOTEBOOK (self), NULL);

  return self->node;
}

typedef struct {
  TlNotebook *notebook;
  TlCellView *view;
} Reveal;

/* A cell that was just inserted has no size yet, so scrolling waits until it has. */
static gboolean
reveal_idle (gpointer user_data)
{
  Reveal         *reveal = user_data;
  GtkAdjustment  *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (reveal->notebook->scroller));
  graphene_rect_t bounds;

  if (reveal->notebook->cells != NULL && gtk_widget_get_parent (GTK_WIDGET (reveal->view)) != NULL && gtk_widget_compute_bounds (GTK_WIDGET (reveal->view), GTK_WIDGET (reveal->notebook->cells), &bounds)) {
    double page = gtk_adjustment_get_page_size (adjustment);
    double value = gtk_adjustment_get_value (adjustment);
    double top = bounds.origin.y - 16;
    double bottom = bounds.origin.y + bounds.size.height + 32;

    if (top < value || bottom - top > page)
      gtk_adjustment_set_value (adjustment, top);
    else if (bottom > value + page)
      gtk_adjustment_set_value (adjustment, bottom - page);
  }
  g_object_unref (reveal->notebook);
  g_object_unref (reveal->view);
  g_free (reveal);
  return G_SOURCE_REMOVE;
}

static void
queue_reveal (TlNotebook *self,
              TlCellView *view)
{
  Reveal *data = g_new0 (Reveal, 1);

  data->notebook = g_object_ref (self);
  data->view = g_object_ref (view);
  g_timeout_add (30, reveal_idle, data);
}

void
tl_notebook_select (TlNotebook *self,
                    TlCell     *cell,
                    gboolean    reveal)
{
  TlCellView *view;

  g_return_if_fail (TL_IS_NOTEBOOK (self));

  view = tl_notebook_find_view (self, cell);
  if (view == NULL)
    return;
  set_selected (self, cell, NULL);
  if (!reveal)
    return;
  if (tl_cell_get_kind (cell) == TL_CELL_TEXT && *tl_cell_get_text (cell, NULL) != '\0')
    gtk_widget_grab_focus (GTK_WIDGET (view));
  else
    tl_cell_view_edit (view);
  queue_reveal (self, view);
}

void
tl_notebook_show_range (TlNotebook *self,
                        TlCell     *cell,
                        gsize       start,
                        gsize       n_bytes,
                        gboolean    focus)
{
  TlCellView *view;

  g_return_if_fail (TL_IS_NOTEBOOK (self));

  view = tl_notebook_find_view (self, cell);
  if (view == NULL)
    return;
  set_selected (self, cell, NULL);
  if (focus)
    tl_cell_view_edit (view);
  tl_cell_view_select_range (view, start, n_bytes);
  queue_reveal (self, view);
}

gboolean
tl_notebook_select_next (TlNotebook *self)
{
  TlDocument *document;
  int         index;

  g_return_val_if_fail (TL_IS_NOTEBOOK (self), FALSE);

  document = tl_session_get_document (self->session);
  index = self->selected != NULL ? tl_cell_get_index (self->selected) : -1;
  for (guint i = (guint)(index + 1); i < tl_document_get_n_cells (document); i++) {
    TlCell *cell = tl_document_get_cell (document, i);

    if (tl_cell_get_kind (cell) != TL_CELL_TEXT) {
      tl_notebook_select (self, cell, TRUE);
      return TRUE;
    }
  }
  return FALSE;
}

static void
tl_notebook_dispose (GObject *object)
{
  TlNotebook *self = TL_NOTEBOOK (object);

  self->cells = NULL;
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->session);
  g_clear_object (&self->selected);
  g_clear_pointer (&self->node, g_free);
  G_OBJECT_CLASS (tl_notebook_parent_class)->dispose (object);
}

static void
tl_notebook_class_init (TlNotebookClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType           type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_notebook_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_install_action (widget_class, "notebook.append", "s", append_action);

  signals[SIGNAL_SELECTION_CHANGED] = g_signal_new ("selection-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                    G_TYPE_NONE, 0);
  signals[SIGNAL_OPEN_CANVAS] = g_signal_new ("open-canvas", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                              TL_TYPE_CELL);
}

static void
tl_notebook_init (TlNotebook *self)
{
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *viewport = gtk_viewport_new (NULL, NULL);

  self->cells = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  gtk_widget_add_css_class (GTK_WIDGET (self->cells), "tl-cells");
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (self->cells));
  gtk_box_append (GTK_BOX (column), make_add_row ());
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), COLUMN_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), column);
  /* A tall editor that gets the focus must not jump to its top; the cursor is kept in view instead. */
  gtk_viewport_set_scroll_to_focus (GTK_VIEWPORT (viewport), FALSE);
  gtk_viewport_set_child (GTK_VIEWPORT (viewport), clamp);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), viewport);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
  gtk_widget_add_css_class (GTK_WIDGET (self), "tl-notebook");
}

GtkWidget *
tl_notebook_new (TlSession *session)
{
  TlNotebook *self = g_object_new (TL_TYPE_NOTEBOOK, NULL);
  TlDocument *document = tl_session_get_document (session);

  self->session = g_object_ref (session);
  for (guint i = 0; i < tl_document_get_n_cells (document); i++)
    insert_view (self, tl_document_get_cell (document, i), i);
  g_signal_connect_object (document, "cell-added", G_CALLBACK (cell_added_cb), self, 0);
  g_signal_connect_object (document, "cell-removed", G_CALLBACK (cell_removed_cb), self, 0);
  g_signal_connect_object (document, "cell-moved", G_CALLBACK (cell_moved_cb), self, 0);
  return GTK_WIDGET (self);
}
