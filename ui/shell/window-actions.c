/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/window-private.h"

#include <glib/gi18n.h>

#include "ui/shell/panes.h"

/* --- what the commands do -------------------------------------------------------------------------------------------- */

static TlSession *
get_session (TlWindow *self)
{
  return tl_page_get_session (tl_window_get_page (self));
}

static TlDocument *
get_document (TlWindow *self)
{
  return tl_session_get_document (get_session (self));
}

static void
close_tab (TlWindow *self)
{
  AdwTabPage *tab = adw_tab_view_get_selected_page (self->tab_view);

  if (tab != NULL)
    adw_tab_view_close_page (self->tab_view, tab);
  else
    gtk_window_close (GTK_WINDOW (self));
}

static void
undo (TlWindow *self)
{
  TlCell *cell = NULL;

  tl_document_undo (get_document (self), &cell);
  if (cell != NULL)
    tl_notebook_select (tl_page_get_notebook (tl_window_get_page (self)), cell, FALSE);
}

static void
redo (TlWindow *self)
{
  TlCell *cell = NULL;

  tl_document_redo (get_document (self), &cell);
  if (cell != NULL)
    tl_notebook_select (tl_page_get_notebook (tl_window_get_page (self)), cell, FALSE);
}

static void
run_cell (TlWindow *self)
{
  TlCell *cell = tl_page_get_runnable (tl_window_get_page (self));

  if (cell != NULL)
    tl_session_run_cell (get_session (self), cell);
}

static void
run_next (TlWindow *self)
{
  TlPage *page = tl_window_get_page (self);
  TlCell *cell = tl_page_get_runnable (page);

  if (cell != NULL)
    tl_session_run_cell (get_session (self), cell);
  tl_notebook_select_next (tl_page_get_notebook (page));
}

static void
run_all (TlWindow *self)
{
  tl_session_run_all (get_session (self));
}

static void
interrupt (TlWindow *self)
{
  tl_session_interrupt (get_session (self));
}

static void
pause_training (TlWindow *self)
{
  const TlTraining *training = tl_session_get_training (get_session (self));

  if (training != NULL)
    tl_session_set_paused (get_session (self), training->status != TL_TRAINING_PAUSED);
}

static void
stop_training (TlWindow *self)
{
  tl_session_stop_training (get_session (self));
}

static void
restart (TlWindow *self)
{
  tl_session_restart (get_session (self));
}

static void
clear_outputs (TlWindow *self)
{
  tl_session_clear_outputs (get_session (self));
}

static void
move_cell (TlWindow *self,
           int       by)
{
  TlDocument *document = get_document (self);
  TlCell     *cell = tl_notebook_get_selected (tl_page_get_notebook (tl_window_get_page (self)));
  int         index = cell != NULL ? tl_cell_get_index (cell) + by : -1;

  if (cell == NULL || index < 0 || index >= (int)tl_document_get_n_cells (document))
    return;
  tl_document_move_cell (document, cell, (guint)index, NULL);
}

static void
move_up (TlWindow *self)
{
  move_cell (self, -1);
}

static void
move_down (TlWindow *self)
{
  move_cell (self, 1);
}

static void
insert_cell (TlWindow  *self,
             TlCellKind kind)
{
  TlDocument        *document = get_document (self);
  TlNotebook        *notebook = tl_page_get_notebook (tl_window_get_page (self));
  TlCell            *selected = tl_notebook_get_selected (notebook);
  guint              index = selected != NULL ? (guint)tl_cell_get_index (selected) + 1 : tl_document_get_n_cells (document);
  g_autoptr (GError) error = NULL;
  TlCell            *cell = tl_document_insert_cell (document, index, kind, NULL, "", &error);

  if (cell != NULL)
    tl_notebook_select (notebook, cell, TRUE);
  else
    tl_window_toast (self, error->message);
}

static void
insert_text (TlWindow *self)
{
  insert_cell (self, TL_CELL_TEXT);
}

static void
insert_lua (TlWindow *self)
{
  insert_cell (self, TL_CELL_LUA);
}

static void
insert_graph (TlWindow *self)
{
  insert_cell (self, TL_CELL_GRAPH);
}

static void
find (TlWindow *self)
{
  tl_page_find (tl_window_get_page (self), FALSE);
}

static void
find_and_replace (TlWindow *self)
{
  tl_page_find (tl_window_get_page (self), TRUE);
}

static void
find_next (TlWindow *self)
{
  tl_page_find_next (tl_window_get_page (self), TRUE);
}

static void
find_previous (TlWindow *self)
{
  tl_page_find_next (tl_window_get_page (self), FALSE);
}

static void
rename_selected (TlWindow *self)
{
  tl_page_rename (tl_window_get_page (self));
}

static void
help (TlWindow *self)
{
  tl_page_help (tl_window_get_page (self));
}

static void
duplicate (TlWindow *self)
{
  tl_page_duplicate (tl_window_get_page (self));
}

static void
add_node (TlWindow *self)
{
  tl_page_add_node (tl_window_get_page (self));
}

static void
try_model (TlWindow *self)
{
  tl_page_show_try (tl_window_get_page (self));
}

static void
open_menu (TlWindow *self)
{
  gtk_menu_button_popup (gtk_widget_get_child_visible (gtk_widget_get_ancestor (GTK_WIDGET (self->menu_button), ADW_TYPE_HEADER_BAR))
                           ? self->menu_button
                           : self->narrow_menu_button);
}

/* --- the table --------------------------------------------------------------------------------------------------------- */

// clang-format off
const TlActionRow tl_window_action_rows[] = {
  { "win.new", "<Control>n <Control>t", N_("Documents"), N_("New Document"), tl_window_open_new, TL_NEEDS_NOTHING },
  { "win.open", "<Control>o", N_("Documents"), N_("Open"), tl_window_choose, TL_NEEDS_NOTHING },
  { "win.save", "<Control>s", N_("Documents"), N_("Save"), tl_window_save, TL_NEEDS_PAGE },
  { "win.save-as", "<Control><Shift>s", N_("Documents"), N_("Save As"), tl_window_save_as, TL_NEEDS_PAGE },
  { "win.close-tab", "<Control>w", N_("Documents"), N_("Close"), close_tab, TL_NEEDS_NOTHING },
  { "win.undo", "<Control>z", N_("Editing"), N_("Undo"), undo, TL_NEEDS_UNDO },
  { "win.redo", "<Control><Shift>z", N_("Editing"), N_("Redo"), redo, TL_NEEDS_REDO },
  { "win.find", "<Control>f", N_("Editing"), N_("Find"), find, TL_NEEDS_PAGE },
  { "win.replace", "<Control>h", N_("Editing"), N_("Find and Replace"), find_and_replace, TL_NEEDS_EDIT },
  { "win.find-next", "<Control>g", N_("Editing"), N_("Next Match"), find_next, TL_NEEDS_PAGE },
  { "win.find-previous", "<Control><Shift>g", N_("Editing"), N_("Previous Match"), find_previous, TL_NEEDS_PAGE },
  { "win.rename", "F2", N_("Editing"), N_("Rename the Node or Cell"), rename_selected, TL_NEEDS_EDIT },
  { "win.duplicate", "<Control>d", N_("Editing"), N_("Duplicate the Nodes or the Cell"), duplicate, TL_NEEDS_EDIT },
  { "win.help", "F1", N_("Editing"), N_("Help on the Name at the Cursor"), help, TL_NEEDS_PAGE },
  { "win.insert-text", "<Control><Alt>t", N_("Editing"), N_("Insert a Text Cell"), insert_text, TL_NEEDS_EDIT },
  { "win.insert-lua", "<Control><Alt>l", N_("Editing"), N_("Insert a Lua Cell"), insert_lua, TL_NEEDS_EDIT },
  { "win.insert-graph", "<Control><Alt>g", N_("Editing"), N_("Insert a Graph Cell"), insert_graph, TL_NEEDS_EDIT },
  { "win.move-up", "<Alt>Up", N_("Editing"), N_("Move the Cell Up"), move_up, TL_NEEDS_EDIT },
  { "win.move-down", "<Alt>Down", N_("Editing"), N_("Move the Cell Down"), move_down, TL_NEEDS_EDIT },
  { "win.run-cell", "<Control>Return <Control>KP_Enter", N_("Running"), N_("Run the Cell"), run_cell, TL_NEEDS_CELL },
  { "win.run-next", "<Shift>Return <Shift>KP_Enter", N_("Running"), N_("Run the Cell and Go On"), run_next, TL_NEEDS_CELL },
  { "win.run-all", "<Control><Shift>Return", N_("Running"), N_("Run All Cells"), run_all, TL_NEEDS_PAGE },
  { "win.interrupt", "<Control>period", N_("Running"), N_("Interrupt"), interrupt, TL_NEEDS_BUSY },
  { "win.pause", "<Control><Shift>p", N_("Running"), N_("Pause the Training or Go On"), pause_training, TL_NEEDS_TRAINING },
  { "win.stop-training", "<Control><Shift>period <Control>greater", N_("Running"), N_("Stop the Training and Keep the Model"), stop_training, TL_NEEDS_TRAINING },
  { "win.restart", "", N_("Running"), N_("Restart the Kernel"), restart, TL_NEEDS_PAGE },
  { "win.clear-outputs", "", N_("Running"), N_("Clear Outputs"), clear_outputs, TL_NEEDS_PAGE },
  { "win.try", "<Control><Shift>t", N_("Running"), N_("Try the Model"), try_model, TL_NEEDS_PAGE },
  { "win.add-node", "<Control>k", N_("Canvas"), N_("Add a Node from Anywhere"), add_node, TL_NEEDS_EDIT },
  { "canvas.add", "a", N_("Canvas"), N_("Add a Node"), NULL, TL_NEEDS_NOTHING },
  { "canvas.connect", "c", N_("Canvas"), N_("Connect the Selected Node"), NULL, TL_NEEDS_NOTHING },
  { "canvas.delete", "Delete", N_("Canvas"), N_("Delete What Is Selected"), NULL, TL_NEEDS_NOTHING },
  { "canvas.next", "Left Right Up Down", N_("Canvas"), N_("Go to the Next Node"), NULL, TL_NEEDS_NOTHING },
  { "canvas.move", "<Control>Left <Control>Right", N_("Canvas"), N_("Move the Node"), NULL, TL_NEEDS_NOTHING },
  { "canvas.zoom", "plus minus 0", N_("Canvas"), N_("Zoom In, Out, to Fit"), NULL, TL_NEEDS_NOTHING },
  { "win.sidebar", "F9", N_("Window"), N_("Sidebar"), NULL, TL_NEEDS_PAGE },
  { "win.inspector", "<Shift>F9", N_("Window"), N_("Inspector"), NULL, TL_NEEDS_PAGE },
  { "win.training", "<Control>F9", N_("Window"), N_("Training Panel"), NULL, TL_NEEDS_PAGE },
  { "win.menu", "F10", N_("Window"), N_("Main Menu"), open_menu, TL_NEEDS_NOTHING },
  { "win.shortcuts", "<Control>question", N_("Window"), N_("Keyboard Shortcuts"), tl_window_show_shortcuts, TL_NEEDS_NOTHING },
  { "app.preferences", "<Control>comma", N_("Window"), N_("Preferences"), NULL, TL_NEEDS_NOTHING },
  { "app.quit", "<Control>q", N_("Window"), N_("Quit"), NULL, TL_NEEDS_NOTHING },
};
// clang-format on
const gsize tl_n_window_action_rows = G_N_ELEMENTS (tl_window_action_rows);

/* --- making actions of it ------------------------------------------------------------------------------------------------ */

static void
activate_cb (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  TlWindow          *self = user_data;
  const TlActionRow *row = g_object_get_data (G_OBJECT (action), "row");

  row->activate (self);
}

static void
open_path_cb (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  tl_window_open (TL_WINDOW (user_data), g_variant_get_string (parameter, NULL));
}

static void
toast_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  tl_window_toast (TL_WINDOW (user_data), g_variant_get_string (parameter, NULL));
}

static void
toast_undo_cb (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  TlWindow *self = user_data;
  AdwToast *toast = adw_toast_new (g_variant_get_string (parameter, NULL));

  adw_toast_set_button_label (toast, _ ("Undo"));
  adw_toast_set_action_name (toast, "win.undo");
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static gboolean
is_possible (TlWindow     *self,
             TlActionNeeds needs)
{
  TlPage     *page = tl_window_get_page (self);
  TlDocument *document = page != NULL ? get_document (self) : NULL;

  if (needs == TL_NEEDS_NOTHING)
    return TRUE;
  if (page == NULL)
    return FALSE;
  switch (needs) {
  case TL_NEEDS_EDIT:
    return !tl_document_is_read_only (document);
  case TL_NEEDS_UNDO:
    return tl_document_can_undo (document);
  case TL_NEEDS_REDO:
    return tl_document_can_redo (document);
  case TL_NEEDS_CELL:
    return tl_page_get_runnable (page) != NULL;
  case TL_NEEDS_BUSY:
    return tl_session_is_busy (get_session (self));
  case TL_NEEDS_TRAINING: {
    const TlTraining *training = tl_session_get_training (get_session (self));

    return training != NULL && tl_training_is_live (training);
  }
  default:
    return TRUE;
  }
}

void
tl_window_update_actions (TlWindow *self)
{
  for (gsize i = 0; i < tl_n_window_action_rows; i++) {
    const TlActionRow *row = &tl_window_action_rows[i];
    GAction           *action;

    if (row->activate == NULL || !g_str_has_prefix (row->name, "win."))
      continue;
    action = g_action_map_lookup_action (G_ACTION_MAP (self), row->name + 4);
    g_simple_action_set_enabled (G_SIMPLE_ACTION (action), is_possible (self, row->needs));
  }
}

/* The panes are states that all pages of all windows share. */
static void
add_pane_action (TlWindow   *self,
                 const char *name,
                 const char *property)
{
  g_autoptr (GPropertyAction) action = g_property_action_new (name, tl_panes_get_default (), property);

  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (action));
}

void
tl_window_install_actions (TlWindow *self)
{
  static const GActionEntry entries[] = {
    { "open-path", open_path_cb, "s", NULL, NULL, { 0 } },
    { "toast", toast_cb, "s", NULL, NULL, { 0 } },
    { "toast-undo", toast_undo_cb, "s", NULL, NULL, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize i = 0; i < tl_n_window_action_rows; i++) {
    const TlActionRow        *row = &tl_window_action_rows[i];
    g_autoptr (GSimpleAction) action = NULL;

    if (row->activate == NULL || !g_str_has_prefix (row->name, "win."))
      continue;
    action = g_simple_action_new (row->name + 4, NULL);
    g_object_set_data (G_OBJECT (action), "row", (gpointer)row);
    g_signal_connect (action, "activate", G_CALLBACK (activate_cb), self);
    g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (action));
  }
  add_pane_action (self, "sidebar", "sidebar-visible");
  add_pane_action (self, "inspector", "inspector-visible");
  add_pane_action (self, "training", "training-visible");
}

/* --- the shortcuts window ------------------------------------------------------------------------------------------------- */

void
tl_window_show_shortcuts (TlWindow *self)
{
  g_autoptr (GString)    xml = g_string_new ("<interface><object class=\"GtkShortcutsWindow\" id=\"window\">"
                                                "<property name=\"modal\">1</property><child>"
                                                "<object class=\"GtkShortcutsSection\"><property name=\"section-name\">all</property>"
                                                "<property name=\"max-height\">12</property>");
  g_autoptr (GtkBuilder) builder = NULL;
  const char            *section = NULL;
  GtkWindow             *window;

  for (gsize i = 0; i < tl_n_window_action_rows; i++) {
    const TlActionRow *row = &tl_window_action_rows[i];

    if (*row->accels == '\0')
      continue;
    if (g_strcmp0 (section, row->section) != 0) {
      g_autofree char *title = g_markup_escape_text (_ (row->section), -1);

      g_string_append_printf (xml, "%s<child><object class=\"GtkShortcutsGroup\"><property name=\"title\">%s</property>",
                              section != NULL ? "</object></child>" : "", title);
      section = row->section;
    }
    {
      g_autofree char *title = g_markup_escape_text (_ (row->title), -1);
      g_autofree char *accels = g_markup_escape_text (row->accels, -1);

      g_string_append_printf (xml,
                              "<child><object class=\"GtkShortcutsShortcut\"><property name=\"title\">%s</property>"
                              "<property name=\"accelerator\">%s</property></object></child>",
                              title, accels);
    }
  }
  g_string_append (xml, "</object></child></object></child></object></interface>");
  builder = gtk_builder_new_from_string (xml->str, (gssize)xml->len);
  window = GTK_WINDOW (gtk_builder_get_object (builder, "window"));
  gtk_window_set_transient_for (window, GTK_WINDOW (self));
  gtk_window_present (window);
}
