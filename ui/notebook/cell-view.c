/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/cell-view-private.h"

#include <glib/gi18n.h>

#include "ui/notebook/cell-buffer.h"
#include "ui/notebook/completion.h"
#include "ui/notebook/markdown.h"

#define PROSE_WIDTH 740

G_DEFINE_FINAL_TYPE (TlCellView, tl_cell_view, GTK_TYPE_WIDGET)

enum {
  SIGNAL_ACTIVATED,
  SIGNAL_NODE_SELECTED,
  SIGNAL_OPEN_CANVAS,
  SIGNAL_REPORT_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void update_content (TlCellView *self);

void
tl_cell_view_activate (TlCellView *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATED], 0);
}

void
tl_cell_view_open_canvas (TlCellView *self)
{
  g_signal_emit (self, signals[SIGNAL_OPEN_CANVAS], 0);
}

static gboolean
clock_cb (gpointer user_data)
{
  tl_cell_view_update_status (user_data);
  return G_SOURCE_CONTINUE;
}

static void
update_outputs (TlCellView *self)
{
  const TlOutputs *outputs = tl_session_get_outputs (self->session, tl_cell_get_id (self->cell));
  gboolean         is_running = outputs != NULL && outputs->status == TL_CELL_RUNNING;

  tl_cell_view_show_outputs (self, outputs);
  tl_cell_view_update_status (self);
  if (is_running && self->clock_id == 0)
    self->clock_id = g_timeout_add (100, clock_cb, self);
  else if (!is_running)
    g_clear_handle_id (&self->clock_id, g_source_remove);
}

static void
outputs_changed_cb (TlSession  *session,
                    const char *id,
                    TlCellView *self)
{
  if (g_strcmp0 (id, tl_cell_get_id (self->cell)) == 0)
    update_outputs (self);
}

/* --- content ------------------------------------------------------------------------------------------------------------- */

static gboolean
stop_editing_idle (gpointer user_data)
{
  TlCellView *self = user_data;

  if (self->cell != NULL && self->is_editing && tl_cell_get_index (self->cell) >= 0) {
    self->is_editing = FALSE;
    update_content (self);
  }
  return G_SOURCE_REMOVE;
}

static void
prose_left_cb (GtkEventControllerFocus *controller,
               TlCellView              *self)
{
  /* A window that loses its focus to another one keeps the editor open. */
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (root == NULL || !gtk_window_is_active (GTK_WINDOW (root)))
    return;
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, stop_editing_idle, g_object_ref (self), g_object_unref);
}

static gboolean
prose_key_cb (GtkEventControllerKey *controller,
              guint                  key,
              guint                  code,
              GdkModifierType        modifiers,
              TlCellView            *self)
{
  if (key != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, stop_editing_idle, g_object_ref (self), g_object_unref);
  return GDK_EVENT_STOP;
}

static GtkWidget *
make_source_view (TlCellView *self)
{
  g_autoptr (TlCellBuffer) buffer = tl_cell_buffer_new (tl_session_get_document (self->session), self->cell);
  GtkWidget               *view = gtk_source_view_new_with_buffer (GTK_SOURCE_BUFFER (buffer));
  gboolean                 is_prose = tl_cell_get_kind (self->cell) == TL_CELL_TEXT;

  self->source_view = GTK_TEXT_VIEW (view);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (view), TRUE);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (view), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_editable (GTK_TEXT_VIEW (view), tl_cell_is_text (self->cell));
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (view), !is_prose);
  gtk_source_view_set_tab_width (GTK_SOURCE_VIEW (view), 2);
  gtk_source_view_set_indent_width (GTK_SOURCE_VIEW (view), 2);
  gtk_source_view_set_insert_spaces_instead_of_tabs (GTK_SOURCE_VIEW (view), TRUE);
  gtk_source_view_set_auto_indent (GTK_SOURCE_VIEW (view), TRUE);
  gtk_widget_add_css_class (view, is_prose ? "tl-prose-source" : "tl-code");
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  is_prose ? _ ("Text") : tl_cell_get_id (self->cell), -1);
  if (!is_prose)
    tl_completion_attach (GTK_SOURCE_VIEW (view), self->session, self->cell);
  return view;
}

static GtkWidget *
make_prose_editor (TlCellView *self)
{
  GtkWidget          *view = make_source_view (self);
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  g_signal_connect (focus, "leave", G_CALLBACK (prose_left_cb), self);
  gtk_widget_add_controller (view, focus);
  g_signal_connect (key, "key-pressed", G_CALLBACK (prose_key_cb), self);
  gtk_widget_add_controller (view, key);
  return view;
}

/* Lines of prose stay short enough to be read, on the left where the code begins, too. */
static GtkWidget *
clamp_prose (GtkWidget *child)
{
  GtkWidget *clamp = adw_clamp_new ();

  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), PROSE_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (clamp), PROSE_WIDTH);
  adw_clamp_set_child (ADW_CLAMP (clamp), child);
  gtk_widget_set_halign (clamp, GTK_ALIGN_START);
  return clamp;
}

static GtkWidget *
make_prose (TlCellView *self)
{
  const char      *text = tl_cell_get_text (self->cell, NULL);
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  GtkWidget       *view;

  if (*stripped != '\0') {
    view = tl_markdown_new_view (text);
  } else {
    view = gtk_label_new (_ ("Empty text; press Enter or double-click to write"));
    gtk_label_set_xalign (GTK_LABEL (view), 0);
    gtk_widget_add_css_class (view, "dim-label");
  }
  gtk_widget_add_css_class (view, "tl-prose-view");
  return clamp_prose (view);
}

static void
node_selected_cb (TlCanvas   *canvas,
                  const char *node,
                  TlCellView *self)
{
  g_signal_emit (self, signals[SIGNAL_NODE_SELECTED], 0, node);
}

static void
report_changed_cb (TlCanvas   *canvas,
                   TlCellView *self)
{
  g_signal_emit (self, signals[SIGNAL_REPORT_CHANGED], 0);
}

static GtkWidget *
make_canvas (TlCellView *self)
{
  GtkWidget *canvas = tl_canvas_new (tl_session_get_document (self->session), self->cell);

  self->canvas = TL_CANVAS (canvas);
  g_signal_connect (canvas, "node-selected", G_CALLBACK (node_selected_cb), self);
  g_signal_connect (canvas, "report-changed", G_CALLBACK (report_changed_cb), self);
  g_object_bind_property (canvas, "summary", self->summary_label, "label", G_BINDING_SYNC_CREATE);
  return canvas;
}

static void
update_content (TlCellView *self)
{
  static const char *const kinds[] = { "text", "lua", "graph" };
  TlCellKind               kind = tl_cell_get_kind (self->cell);
  GtkWidget               *child;

  self->source_view = NULL;
  self->canvas = NULL;
  if (kind == TL_CELL_GRAPH) {
    child = make_canvas (self);
  } else if (kind == TL_CELL_LUA) {
    child = make_source_view (self);
  } else {
    child = self->is_editing ? make_prose_editor (self) : make_prose (self);
  }
  adw_bin_set_child (self->content, child);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self), kinds[i]);
  gtk_widget_add_css_class (GTK_WIDGET (self), kinds[kind]);
  gtk_label_set_text (self->kind_label, kinds[kind]);
  gtk_widget_set_visible (GTK_WIDGET (self->kind_label), kind != TL_CELL_TEXT);
  gtk_widget_set_visible (GTK_WIDGET (self->id_label), kind != TL_CELL_TEXT);
  gtk_widget_set_visible (self->run_button, kind != TL_CELL_TEXT);
  gtk_widget_set_visible (self->open_button, kind == TL_CELL_GRAPH);
  gtk_widget_set_visible (self->add_button, kind == TL_CELL_GRAPH);
  if (kind != TL_CELL_GRAPH)
    gtk_label_set_text (self->summary_label, "");
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "cell.run", kind != TL_CELL_TEXT);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "cell.open-canvas", kind == TL_CELL_GRAPH);
  update_outputs (self);
}

static void
cell_changed_cb (TlDocument *document,
                 TlCell     *cell,
                 guint64     start,
                 guint64     n_removed,
                 guint64     n_inserted,
                 TlCellView *self)
{
  if (cell != self->cell)
    return;
  if (tl_cell_get_kind (cell) == TL_CELL_TEXT && !self->is_editing)
    update_content (self);
  else
    tl_cell_view_update_status (self);
}

static void
update_id (TlCellView *self)
{
  const char *id = tl_cell_get_id (self->cell);

  gtk_editable_set_text (GTK_EDITABLE (self->id_label), id != NULL ? id : "");
  gtk_editable_set_max_width_chars (GTK_EDITABLE (self->id_label), id != NULL ? CLAMP ((int)strlen (id), 3, 40) : 3);
  update_outputs (self);
}

static void
kind_changed_cb (TlCellView *self)
{
  self->is_editing = FALSE;
  update_content (self);
  update_id (self);
}

static void
id_edited_cb (TlCellView *self)
{
  TlDocument        *document = tl_session_get_document (self->session);
  const char        *text = gtk_editable_get_text (GTK_EDITABLE (self->id_label));
  g_autoptr (GError) error = NULL;

  if (gtk_editable_label_get_editing (self->id_label) || g_strcmp0 (text, tl_cell_get_id (self->cell)) == 0)
    return;
  if (tl_cell_get_kind (self->cell) == TL_CELL_TEXT)
    return;
  if (!tl_document_set_cell_id (document, self->cell, text, &error)) {
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", error->message);
    update_id (self);
  }
}

/* --- focus and pointer ----------------------------------------------------------------------------------------------------- */

static void
pressed_cb (GtkGestureClick *gesture,
            int              n_press,
            double           x,
            double           y,
            TlCellView      *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATED], 0);
  if (tl_cell_get_kind (self->cell) == TL_CELL_TEXT && !self->is_editing) {
    if (n_press == 2)
      tl_cell_view_edit (self);
    else
      gtk_widget_grab_focus (GTK_WIDGET (self));
  }
}

static void
focus_cb (GtkEventControllerFocus *controller,
          TlCellView              *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATED], 0);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        TlCellView            *self)
{
  if (!gtk_widget_is_focus (GTK_WIDGET (self)) || (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SHIFT_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  if (key == GDK_KEY_Return || key == GDK_KEY_KP_Enter) {
    tl_cell_view_edit (self);
    return GDK_EVENT_STOP;
  }
  if (key == GDK_KEY_Delete) {
    gtk_widget_activate_action (GTK_WIDGET (self), "cell.delete", NULL);
    return GDK_EVENT_STOP;
  }
  return GDK_EVENT_PROPAGATE;
}

/* --- object ---------------------------------------------------------------------------------------------------------------- */

static void
tl_cell_view_dispose (GObject *object)
{
  TlCellView *self = TL_CELL_VIEW (object);
  GtkWidget  *child;

  g_clear_handle_id (&self->clock_id, g_source_remove);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_object (&self->session);
  g_clear_object (&self->cell);
  G_OBJECT_CLASS (tl_cell_view_parent_class)->dispose (object);
}

static void
tl_cell_view_class_init (TlCellViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType           type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_cell_view_dispose;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_css_name (widget_class, "cell");

  signals[SIGNAL_ACTIVATED] = g_signal_new ("activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_NODE_SELECTED] = g_signal_new ("node-selected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                                1, G_TYPE_STRING);
  signals[SIGNAL_OPEN_CANVAS] = g_signal_new ("open-canvas", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  signals[SIGNAL_REPORT_CHANGED] = g_signal_new ("report-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                                 0);

  tl_cell_view_class_add_actions (widget_class);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/trellisml/Trellis/ui/notebook/cell-view.ui");
  gtk_widget_class_bind_template_child (widget_class, TlCellView, gutter);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, run_stack);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, run_button);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, spinner);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, frame);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, caption);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, kind_label);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, id_label);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, summary_label);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, status_label);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, add_button);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, open_button);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, menu_button);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, content);
  gtk_widget_class_bind_template_child (widget_class, TlCellView, output);
}

static void
tl_cell_view_init (TlCellView *self)
{
  GtkGesture         *click = gtk_gesture_click_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_BUBBLE);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  g_signal_connect (focus, "enter", G_CALLBACK (focus_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  g_signal_connect_swapped (self->id_label, "notify::editing", G_CALLBACK (id_edited_cb), self);
}

GtkWidget *
tl_cell_view_new (TlSession *session,
                  TlCell    *cell)
{
  TlCellView *self = g_object_new (TL_TYPE_CELL_VIEW, NULL);

  self->session = g_object_ref (session);
  self->cell = g_object_ref (cell);
  update_content (self);
  update_id (self);
  g_signal_connect_object (session, "outputs-changed", G_CALLBACK (outputs_changed_cb), self, 0);
  g_signal_connect_object (tl_session_get_document (session), "cell-changed", G_CALLBACK (cell_changed_cb), self, 0);
  g_signal_connect_object (cell, "notify::kind", G_CALLBACK (kind_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (cell, "notify::id", G_CALLBACK (update_id), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

TlCell *
tl_cell_view_get_cell (TlCellView *self)
{
  g_return_val_if_fail (TL_IS_CELL_VIEW (self), NULL);

  return self->cell;
}

TlCanvas *
tl_cell_view_get_canvas (TlCellView *self)
{
  g_return_val_if_fail (TL_IS_CELL_VIEW (self), NULL);

  return self->canvas;
}

GtkTextView *
tl_cell_view_get_source_view (TlCellView *self)
{
  g_return_val_if_fail (TL_IS_CELL_VIEW (self), NULL);

  return self->source_view;
}

void
tl_cell_view_edit (TlCellView *self)
{
  g_return_if_fail (TL_IS_CELL_VIEW (self));

  if (tl_cell_get_kind (self->cell) == TL_CELL_TEXT && !self->is_editing) {
    self->is_editing = TRUE;
    update_content (self);
  }
  if (self->source_view != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->source_view));
  else if (self->canvas != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->canvas));
}

static void
select_node_at (TlCellView *self,
                gsize       start)
{
  TlGraphText *graph = tl_cell_get_graph (self->cell);

  for (guint i = 0; graph != NULL && i < graph->n_nodes; i++)
    if (start >= graph->nodes[i].start && start < graph->nodes[i].end) {
      tl_canvas_select (self->canvas, graph->nodes[i].name);
      return;
    }
}

void
tl_cell_view_select_range (TlCellView *self,
                           gsize       start,
                           gsize       n_bytes)
{
  gsize       length;
  const char *text;
  GtkTextIter from, to;

  g_return_if_fail (TL_IS_CELL_VIEW (self));

  if (self->canvas != NULL)
    select_node_at (self, start);
  if (self->source_view == NULL)
    return;
  text = tl_cell_get_text (self->cell, &length);
  gtk_text_buffer_get_iter_at_offset (gtk_text_view_get_buffer (self->source_view), &from,
                                      (int)tl_text_chars_before (text, length, start));
  gtk_text_buffer_get_iter_at_offset (gtk_text_view_get_buffer (self->source_view), &to,
                                      (int)tl_text_chars_before (text, length, start + n_bytes));
  gtk_text_buffer_select_range (gtk_text_view_get_buffer (self->source_view), &from, &to);
  gtk_text_view_scroll_to_iter (self->source_view, &from, 0, FALSE, 0, 0);
}

void
tl_cell_view_edit_id (TlCellView *self)
{
  g_return_if_fail (TL_IS_CELL_VIEW (self));

  if (tl_cell_get_kind (self->cell) != TL_CELL_TEXT)
    gtk_editable_label_start_editing (self->id_label);
}

void
tl_cell_view_set_selected (TlCellView *self,
                           gboolean    selected)
{
  g_return_if_fail (TL_IS_CELL_VIEW (self));

  if (selected)
    gtk_widget_add_css_class (GTK_WIDGET (self), "selected");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "selected");
}
