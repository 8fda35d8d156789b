/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/page-private.h"

#include <glib/gi18n.h>

#include "ui/panels/training-panel.h"
#include "ui/shell/panes.h"

G_DEFINE_FINAL_TYPE (TlPage, tl_page, ADW_TYPE_BIN)

enum {
  SIGNAL_STATE_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void queue_inspect (TlPage *self);

static void
emit_state (TlPage *self)
{
  g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0);
}

/* --- bars ---------------------------------------------------------------------------------------------------------------- */

static GtkWidget *
make_bar (TlPage     *self,
          BarKind     kind,
          const char *button,
          const char *action)
{
  GtkWidget *revealer = gtk_revealer_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = gtk_label_new (NULL);

  self->bars[kind] = GTK_REVEALER (revealer);
  self->bar_labels[kind] = GTK_LABEL (label);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  if (button != NULL) {
    self->bar_buttons[kind] = gtk_button_new_with_mnemonic (button);
    gtk_actionable_set_action_name (GTK_ACTIONABLE (self->bar_buttons[kind]), action);
    gtk_widget_set_valign (self->bar_buttons[kind], GTK_ALIGN_CENTER);
    gtk_box_append (GTK_BOX (box), self->bar_buttons[kind]);
  }
  gtk_widget_add_css_class (box, "tl-banner");
  gtk_revealer_set_child (GTK_REVEALER (revealer), box);
  return revealer;
}

static void
show_bar (TlPage     *self,
          BarKind     kind,
          const char *text)
{
  if (text != NULL)
    gtk_label_set_text (self->bar_labels[kind], text);
  gtk_revealer_set_reveal_child (self->bars[kind], text != NULL);
}

static void
update_kernel_bar (TlPage *self)
{
  TlKernelClient  *kernel = tl_session_get_kernel (self->session);
  g_autofree char *text = NULL;

  switch (tl_kernel_client_get_state (kernel)) {
  case TL_KERNEL_ENDED:
    text = g_strdup (_ ("The kernel ended. The document and everything shown are kept; variables are gone."));
    break;
  case TL_KERNEL_FAILED:
    /* Translators: %s says why. */
    text = g_strdup_printf (_ ("The kernel could not be started: %s"), tl_kernel_client_get_error (kernel));
    break;
  default:
    break;
  }
  show_bar (self, BAR_KERNEL, text);
}

static void
update_file_bar (TlPage *self)
{
  TlDocument *document = tl_session_get_document (self->session);

  if (tl_document_is_read_only (document))
    show_bar (self, BAR_FILE, _ ("This document was written by a newer version of Trellis and can only be read."));
  else if (tl_document_has_conflicts (document))
    show_bar (self, BAR_FILE, _ ("Merge conflict markers stand in this document; solve them in the text cells that hold them."));
  else
    show_bar (self, BAR_FILE, NULL);
}

static void
kernel_changed_cb (TlPage *self)
{
  update_kernel_bar (self);
  emit_state (self);
}

static void
document_changed_cb (TlPage *self)
{
  update_file_bar (self);
  queue_inspect (self);
  emit_state (self);
}

/* --- public ---------------------------------------------------------------------------------------------------------------- */

TlSession *
tl_page_get_session (TlPage *self)
{
  g_return_val_if_fail (TL_IS_PAGE (self), NULL);

  return self->session;
}

TlNotebook *
tl_page_get_notebook (TlPage *self)
{
  g_return_val_if_fail (TL_IS_PAGE (self), NULL);

  return self->notebook;
}

char *
tl_page_dup_title (TlPage *self)
{
  const char *path = tl_document_get_path (tl_session_get_document (self->session));
  char       *name;

  if (path == NULL)
    return g_strdup (_ ("Untitled"));
  name = g_filename_display_basename (path);
  if (g_str_has_suffix (name, ".md"))
    name[strlen (name) - 3] = '\0';
  if (g_str_has_suffix (name, ".trellis"))
    name[strlen (name) - 8] = '\0';
  return name;
}

TlCell *
tl_page_get_runnable (TlPage *self)
{
  TlCell *cell = self->canvas != NULL ? self->canvas_cell : tl_notebook_get_selected (self->notebook);

  return cell != NULL && tl_cell_get_kind (cell) != TL_CELL_TEXT ? cell : NULL;
}

/* --- selection and canvas --------------------------------------------------------------------------------------------------- */

TlCanvas *
tl_page_get_canvas (TlPage *self)
{
  TlCell     *cell = tl_notebook_get_selected (self->notebook);
  TlCellView *view;

  if (self->canvas != NULL)
    return self->canvas;
  view = cell != NULL ? tl_notebook_find_view (self->notebook, cell) : NULL;
  return view != NULL ? tl_cell_view_get_canvas (view) : NULL;
}

static gboolean
inspect_cb (gpointer user_data)
{
  TlPage     *self = user_data;
  TlCanvas   *canvas = tl_page_get_canvas (self);
  TlCell     *cell = self->canvas != NULL ? self->canvas_cell : tl_notebook_get_selected (self->notebook);
  const char *node = canvas != NULL ? tl_canvas_get_selected (canvas) : NULL;

  self->inspect_id = 0;
  tl_inspector_show (self->inspector, cell, node, canvas != NULL ? tl_canvas_get_report (canvas) : NULL);
  tl_outline_select (self->outline, cell);
  return G_SOURCE_REMOVE;
}

/* The inspector must show what is selected before it is told to edit it. */
void
tl_page_inspect_now (TlPage *self)
{
  if (self->inspect_id == 0)
    return;
  g_source_remove (self->inspect_id);
  inspect_cb (self);
}

/* Not at once: what changes the document may be a row of the inspector itself. */
static void
queue_inspect (TlPage *self)
{
  if (self->inspect_id == 0)
    self->inspect_id = g_idle_add (inspect_cb, self);
}

static void
selection_cb (TlPage *self)
{
  queue_inspect (self);
  emit_state (self);
}

static void
chosen_cb (TlOutline *outline,
           TlCell    *cell,
           TlPage    *self)
{
  tl_page_close_canvas (self);
  tl_notebook_select (self->notebook, cell, TRUE);
}

static void
open_canvas_cb (TlNotebook *notebook,
                TlCell     *cell,
                TlPage     *self)
{
  GtkWidget       *canvas = tl_canvas_new (tl_session_get_document (self->session), cell);
  const TlOutputs *outputs = tl_session_get_outputs (self->session, tl_cell_get_id (cell));

  self->canvas = TL_CANVAS (canvas);
  g_set_object (&self->canvas_cell, cell);
  tl_canvas_set_fills (self->canvas, TRUE);
  tl_canvas_set_run_errors (self->canvas, outputs != NULL ? outputs->errors : NULL);
  g_signal_connect_swapped (canvas, "node-selected", G_CALLBACK (queue_inspect), self);
  g_signal_connect_swapped (canvas, "report-changed", G_CALLBACK (queue_inspect), self);
  g_object_bind_property (canvas, "summary", self->canvas_title, "label", G_BINDING_SYNC_CREATE);
  adw_bin_set_child (self->canvas_bin, canvas);
  gtk_stack_set_visible_child_name (self->stack, "canvas");
  gtk_widget_grab_focus (canvas);
  selection_cb (self);
}

gboolean
tl_page_close_canvas (TlPage *self)
{
  g_return_val_if_fail (TL_IS_PAGE (self), FALSE);

  if (self->canvas == NULL)
    return FALSE;
  self->canvas = NULL;
  gtk_stack_set_visible_child_name (self->stack, "notebook");
  adw_bin_set_child (self->canvas_bin, NULL);
  if (self->canvas_cell != NULL && tl_cell_get_index (self->canvas_cell) >= 0)
    tl_notebook_select (self->notebook, self->canvas_cell, TRUE);
  g_clear_object (&self->canvas_cell);
  selection_cb (self);
  return TRUE;
}

static void
back_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  tl_page_close_canvas (TL_PAGE (widget));
}

static void
cell_removed_cb (TlPage *self)
{
  if (self->canvas_cell != NULL && tl_cell_get_index (self->canvas_cell) < 0)
    tl_page_close_canvas (self);
}

void
tl_page_show_try (TlPage *self)
{
  g_return_if_fail (TL_IS_PAGE (self));

  g_object_set (tl_panes_get_default (), "inspector-visible", TRUE, NULL);
  gtk_stack_set_visible_child_name (self->right, "try");
}

void
tl_page_add_node (TlPage *self)
{
  TlCanvas *canvas = tl_page_get_canvas (self);

  if (canvas != NULL)
    tl_canvas_show_palette (canvas);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", _ ("Select a graph cell first"));
}

static void
right_changed_cb (TlPage *self)
{
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->right), "try") == 0)
    tl_try_panel_refresh (self->try_panel);
}

/* --- training ------------------------------------------------------------------------------------------------------------------ */

/* Commands follow the training's state; the picture that is shown is tried again whenever more was learned. */
static void
training_changed_cb (TlPage *self)
{
  const TlTraining *training = tl_session_get_training (self->session);
  int               status = training != NULL ? (int)training->status : -1;
  gint64            epoch = training != NULL ? training->epoch : -1;
  gboolean          is_new = status != self->training_status;

  if (!is_new && epoch == self->training_epoch)
    return;
  self->training_status = status;
  self->training_epoch = epoch;
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->right), "try") == 0)
    tl_try_panel_refresh (self->try_panel);
  if (is_new)
    emit_state (self);
}

/* --- putting it together --------------------------------------------------------------------------------------------------------- */

static GtkWidget *
make_right (TlPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *switcher = gtk_stack_switcher_new ();

  self->right = GTK_STACK (gtk_stack_new ());
  self->inspector = TL_INSPECTOR (tl_inspector_new (self->session));
  self->try_panel = TL_TRY_PANEL (tl_try_panel_new (self->session));
  gtk_stack_add_titled (self->right, GTK_WIDGET (self->inspector), "inspector", _ ("Inspector"));
  gtk_stack_add_titled (self->right, GTK_WIDGET (self->try_panel), "try", _ ("Try the Model"));
  gtk_widget_set_vexpand (GTK_WIDGET (self->right), TRUE);
  gtk_stack_switcher_set_stack (GTK_STACK_SWITCHER (switcher), self->right);
  gtk_widget_set_halign (switcher, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (switcher, "tl-switcher");
  gtk_box_append (GTK_BOX (box), switcher);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->right));
  gtk_widget_set_size_request (box, 268, -1);
  gtk_widget_add_css_class (box, "tl-pane");
  g_signal_connect_swapped (self->right, "notify::visible-child", G_CALLBACK (right_changed_cb), self);
  return box;
}

static GtkWidget *
make_canvas_page (TlPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *back = gtk_button_new ();
  GtkWidget *content = adw_button_content_new ();
  GtkWidget *add = gtk_button_new_from_icon_name ("list-add-symbolic");

  adw_button_content_set_icon_name (ADW_BUTTON_CONTENT (content), "go-previous-symbolic");
  adw_button_content_set_label (ADW_BUTTON_CONTENT (content), _ ("Notebook"));
  gtk_button_set_child (GTK_BUTTON (back), content);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (back), "page.back");
  gtk_widget_add_css_class (back, "flat");
  gtk_widget_add_css_class (add, "flat");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (add), "win.add-node");
  gtk_widget_set_tooltip_text (add, _ ("Add a Node (A)"));
  self->canvas_title = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_set_hexpand (GTK_WIDGET (self->canvas_title), TRUE);
  gtk_label_set_xalign (self->canvas_title, 0);
  gtk_widget_add_css_class (GTK_WIDGET (self->canvas_title), "tl-summary");
  gtk_box_append (GTK_BOX (bar), back);
  gtk_box_append (GTK_BOX (bar), GTK_WIDGET (self->canvas_title));
  gtk_box_append (GTK_BOX (bar), add);
  gtk_widget_add_css_class (bar, "tl-canvas-bar");
  self->canvas_bin = ADW_BIN (adw_bin_new ());
  gtk_widget_set_vexpand (GTK_WIDGET (self->canvas_bin), TRUE);
  gtk_box_append (GTK_BOX (box), bar);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->canvas_bin));
  return box;
}

/* A pane at one side; it covers the content instead where the window is narrow. */
static GtkWidget *
make_flap (GtkWidget  *content,
           GtkWidget  *pane,
           GtkPackType side,
           const char *property)
{
  GtkWidget *flap = adw_flap_new ();

  adw_flap_set_content (ADW_FLAP (flap), content);
  adw_flap_set_flap (ADW_FLAP (flap), pane);
  adw_flap_set_separator (ADW_FLAP (flap), gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_flap_set_flap_position (ADW_FLAP (flap), side);
  adw_flap_set_swipe_to_open (ADW_FLAP (flap), FALSE);
  g_object_bind_property (tl_panes_get_default (), property, flap, "reveal-flap",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  return flap;
}

static GtkWidget *
make_center (TlPage *self)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->notebook = TL_NOTEBOOK (tl_notebook_new (self->session));
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_stack_add_named (self->stack, GTK_WIDGET (self->notebook), "notebook");
  gtk_stack_add_named (self->stack, make_canvas_page (self), "canvas");
  gtk_widget_set_vexpand (GTK_WIDGET (self->stack), TRUE);
  gtk_box_append (GTK_BOX (column), make_bar (self, BAR_FILE, NULL, NULL));
  gtk_box_append (GTK_BOX (column), make_bar (self, BAR_KERNEL, _ ("_Restart"), "win.restart"));
  self->find_bar = TL_FIND_BAR (tl_find_bar_new (self->session));
  g_signal_connect_object (self->find_bar, "found", G_CALLBACK (tl_page_found_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->find_bar, "closed", G_CALLBACK (tl_page_find_closed_cb), self, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (self->find_bar));
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (self->stack));
  return column;
}

static GtkWidget *
make_all (TlPage *self)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *revealer = gtk_revealer_new ();
  GtkWidget *inner, *outer;

  self->outline = TL_OUTLINE (tl_outline_new (self->session));
  inner = make_flap (make_center (self), make_right (self), GTK_PACK_END, "inspector-visible");
  outer = make_flap (inner, GTK_WIDGET (self->outline), GTK_PACK_START, "sidebar-visible");
  gtk_widget_set_vexpand (outer, TRUE);
  gtk_revealer_set_child (GTK_REVEALER (revealer), tl_training_panel_new (self->session));
  gtk_revealer_set_transition_type (GTK_REVEALER (revealer), GTK_REVEALER_TRANSITION_TYPE_SLIDE_UP);
  g_object_bind_property (tl_panes_get_default (), "training-visible", revealer, "reveal-child", G_BINDING_SYNC_CREATE);
  gtk_box_append (GTK_BOX (column), outer);
  gtk_box_append (GTK_BOX (column), revealer);
  return column;
}

static void
tl_page_dispose (GObject *object)
{
  TlPage *self = TL_PAGE (object);

  g_clear_handle_id (&self->inspect_id, g_source_remove);
  if (self->session != NULL)
    tl_session_close (self->session, FALSE);
  g_clear_object (&self->canvas_cell);
  g_clear_pointer (&self->asked, g_free);
  self->canvas = NULL;
  G_OBJECT_CLASS (tl_page_parent_class)->dispose (object);
  g_clear_handle_id (&self->inspect_id, g_source_remove);
  g_clear_object (&self->session);
}

static void
tl_page_class_init (TlPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tl_page_dispose;
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "page.back", NULL, back_action);
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, "page.back", NULL);
  signals[SIGNAL_STATE_CHANGED] = g_signal_new ("state-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 0);
}

static void
tl_page_init (TlPage *self)
{
}

TlPage *
tl_page_new (TlSession *session)
{
  TlPage     *self = g_object_new (TL_TYPE_PAGE, NULL);
  TlDocument *document = tl_session_get_document (session);

  self->session = g_object_ref (session);
  adw_bin_set_child (ADW_BIN (self), make_all (self));
  g_signal_connect_object (session, "kernel-changed", G_CALLBACK (kernel_changed_cb), self, G_CONNECT_SWAPPED);
  self->training_status = -1;
  g_signal_connect_object (session, "training-changed", G_CALLBACK (training_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "modified-changed", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "history-changed", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "changed", G_CALLBACK (document_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "cell-removed", G_CALLBACK (cell_removed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::path", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->notebook, "selection-changed", G_CALLBACK (selection_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->notebook, "open-canvas", G_CALLBACK (open_canvas_cb), self, 0);
  g_signal_connect_object (self->outline, "asked", G_CALLBACK (tl_page_asked_cb), self, 0);
  g_signal_connect_object (self->outline, "chosen", G_CALLBACK (chosen_cb), self, 0);
  update_kernel_bar (self);
  update_file_bar (self);
  queue_inspect (self);
  return self;
}
