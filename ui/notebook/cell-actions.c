/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n.h>

#include "ui/notebook/cell-view-private.h"

/* --- commands ------------------------------------------------------------------------------------------------------------ */

static void
report (TlCellView *self,
        GError     *error)
{
  if (error != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", error->message);
}

static void
run_action (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  TlCellView *self = TL_CELL_VIEW (widget);

  tl_cell_view_activate (self);
  tl_session_run_cell (self->session, self->cell);
}

static void
open_canvas_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  tl_cell_view_activate (TL_CELL_VIEW (widget));
  tl_cell_view_open_canvas (TL_CELL_VIEW (widget));
}

static void
add_node_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  TlCellView *self = TL_CELL_VIEW (widget);

  tl_cell_view_activate (self);
  if (self->canvas != NULL)
    tl_canvas_show_palette (self->canvas);
}

static void
delete_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  TlCellView        *self = TL_CELL_VIEW (widget);
  g_autoptr (GError) error = NULL;

  if (tl_document_remove_cell (tl_session_get_document (self->session), self->cell, &error))
    gtk_widget_activate_action (widget, "win.toast-undo", "s", _ ("Cell deleted"));
  else
    report (self, error);
}

static void
move_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  TlCellView        *self = TL_CELL_VIEW (widget);
  TlDocument        *document = tl_session_get_document (self->session);
  g_autoptr (GError) error = NULL;
  int                index = tl_cell_get_index (self->cell) + g_variant_get_int32 (parameter);

  if (index >= 0 && index < (int)tl_document_get_n_cells (document))
    tl_document_move_cell (document, self->cell, (guint)index, &error);
  report (self, error);
}

static TlCellKind
parse_kind (const char *name)
{
  return g_str_equal (name, "lua") ? TL_CELL_LUA : g_str_equal (name, "graph") ? TL_CELL_GRAPH
                                                                               : TL_CELL_TEXT;
}

static void
insert_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  TlCellView        *self = TL_CELL_VIEW (widget);
  g_autoptr (GError) error = NULL;

  tl_document_insert_cell (tl_session_get_document (self->session), (guint)tl_cell_get_index (self->cell) + 1,
                           parse_kind (g_variant_get_string (parameter, NULL)), NULL, "", &error);
  report (self, error);
}

static void
retype_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  TlCellView        *self = TL_CELL_VIEW (widget);
  g_autoptr (GError) error = NULL;

  tl_document_set_cell_kind (tl_session_get_document (self->session), self->cell,
                             parse_kind (g_variant_get_string (parameter, NULL)), &error);
  report (self, error);
}

void
tl_cell_view_class_add_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "cell.run", NULL, run_action);
  gtk_widget_class_install_action (widget_class, "cell.open-canvas", NULL, open_canvas_action);
  gtk_widget_class_install_action (widget_class, "cell.add-node", NULL, add_node_action);
  gtk_widget_class_install_action (widget_class, "cell.delete", NULL, delete_action);
  gtk_widget_class_install_action (widget_class, "cell.move", "i", move_action);
  gtk_widget_class_install_action (widget_class, "cell.insert", "s", insert_action);
  gtk_widget_class_install_action (widget_class, "cell.retype", "s", retype_action);
}
