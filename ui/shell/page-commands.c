/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n.h>

#include "ui/shell/page-private.h"
#include "ui/shell/panes.h"

/* --- finding ----------------------------------------------------------------------------------------------------------------- */

void
tl_page_found_cb (TlPage *self,
                  TlCell *cell,
                  guint64 start,
                  guint64 n_bytes)
{
  self->found_start = (gsize)start;
  self->found_bytes = (gsize)n_bytes;
  if (self->canvas != NULL)
    tl_page_close_canvas (self);
  tl_notebook_show_range (self->notebook, cell, self->found_start, self->found_bytes, FALSE);
}

/* The keyboard goes to where the last match was. */
void
tl_page_find_closed_cb (TlPage *self)
{
  TlCell *cell = tl_notebook_get_selected (self->notebook);

  if (cell != NULL && self->found_bytes > 0)
    tl_notebook_show_range (self->notebook, cell, self->found_start, self->found_bytes, TRUE);
  else
    gtk_widget_child_focus (GTK_WIDGET (self->notebook), GTK_DIR_TAB_FORWARD);
  self->found_bytes = 0;
}

void
tl_page_find (TlPage  *self,
              gboolean with_replace)
{
  TlCell          *cell = tl_notebook_get_selected (self->notebook);
  TlCellView      *view = cell != NULL ? tl_notebook_find_view (self->notebook, cell) : NULL;
  GtkTextView     *source = view != NULL ? tl_cell_view_get_source_view (view) : NULL;
  g_autofree char *text = NULL;
  GtkTextIter      start, end;

  g_return_if_fail (TL_IS_PAGE (self));

  /* What is selected is what is meant, if it is on one line. */
  if (source != NULL && gtk_text_buffer_get_selection_bounds (gtk_text_view_get_buffer (source), &start, &end) &&
      gtk_text_iter_get_line (&start) == gtk_text_iter_get_line (&end))
    text = gtk_text_buffer_get_text (gtk_text_view_get_buffer (source), &start, &end, FALSE);
  tl_find_bar_open (self->find_bar, text, with_replace);
}

void
tl_page_find_next (TlPage  *self,
                   gboolean forward)
{
  g_return_if_fail (TL_IS_PAGE (self));

  tl_find_bar_step (self->find_bar, forward);
}

/* --- help -------------------------------------------------------------------------------------------------------------------- */

static void
inspected_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (TlPage)   self = user_data;
  g_autoptr (GError)   error = NULL;
  g_autoptr (GVariant) answer = tl_kernel_client_call_finish (TL_KERNEL_CLIENT (source), result, &error);
  const char          *text = NULL;
  g_autofree char     *message = NULL;

  if (self->session == NULL)
    return;
  if (answer != NULL)
    g_variant_get (answer, "(&s)", &text);
  if (text != NULL && *text != '\0') {
    g_object_set (tl_panes_get_default (), "inspector-visible", TRUE, NULL);
    gtk_stack_set_visible_child_name (self->right, "inspector");
    tl_inspector_show_help (self->inspector, self->asked, text);
    return;
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED))
    message = g_strdup (_ ("Help comes from the kernel; run a cell to start it"));
  else
    message = error != NULL ? g_strdup (error->message) : g_strdup_printf (_ ("There is no help on %s"), self->asked);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", message);
}

static void
ask (TlPage     *self,
     const char *name)
{
  g_free (self->asked);
  self->asked = g_strdup (name);
  tl_kernel_client_call_async (tl_session_get_kernel (self->session), "Inspect", g_variant_new ("(s)", name), NULL, inspected_cb,
                               g_object_ref (self));
}

void
tl_page_asked_cb (TlOutline  *outline,
                  const char *name,
                  TlPage     *self)
{
  ask (self, name);
}

static gboolean
is_name_char (gunichar c)
{
  return c < 128 && (g_ascii_isalnum ((char)c) || c == '_' || c == '.');
}

/* The name around the cursor, "nn.Conv2d" */
static char *
name_at_cursor (GtkTextView *view)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (view);
  GtkTextIter    start, end;

  gtk_text_buffer_get_iter_at_mark (buffer, &start, gtk_text_buffer_get_insert (buffer));
  end = start;
  while (is_name_char (gtk_text_iter_get_char (&end)))
    gtk_text_iter_forward_char (&end);
  while (gtk_text_iter_backward_char (&start))
    if (!is_name_char (gtk_text_iter_get_char (&start))) {
      gtk_text_iter_forward_char (&start);
      break;
    }
  return gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
}

void
tl_page_help (TlPage *self)
{
  TlCell          *cell = tl_notebook_get_selected (self->notebook);
  TlCellView      *view = cell != NULL ? tl_notebook_find_view (self->notebook, cell) : NULL;
  GtkTextView     *source = view != NULL && self->canvas == NULL ? tl_cell_view_get_source_view (view) : NULL;
  g_autofree char *name = NULL;

  g_return_if_fail (TL_IS_PAGE (self));

  if (source != NULL && tl_cell_get_kind (cell) == TL_CELL_LUA)
    name = name_at_cursor (source);
  if (name != NULL && *name != '\0')
    ask (self, name);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", _ ("Put the cursor on a name in a Lua cell to read about it"));
}

/* --- names and copies --------------------------------------------------------------------------------------------------------- */

void
tl_page_rename (TlPage *self)
{
  TlCanvas   *canvas = tl_page_get_canvas (self);
  TlCell     *cell = tl_notebook_get_selected (self->notebook);
  TlCellView *view = cell != NULL ? tl_notebook_find_view (self->notebook, cell) : NULL;

  g_return_if_fail (TL_IS_PAGE (self));

  if (canvas != NULL && tl_canvas_get_selected (canvas) != NULL) {
    tl_page_inspect_now (self);
    g_object_set (tl_panes_get_default (), "inspector-visible", TRUE, NULL);
    gtk_stack_set_visible_child_name (self->right, "inspector");
    tl_inspector_edit_name (self->inspector);
  } else if (view != NULL) {
    tl_cell_view_edit_id (view);
  }
}

void
tl_page_duplicate (TlPage *self)
{
  TlCanvas          *canvas = tl_page_get_canvas (self);
  TlCell            *cell = tl_notebook_get_selected (self->notebook);
  g_autofree char   *id = NULL;
  g_autoptr (GError) error = NULL;
  TlCell            *copy;

  g_return_if_fail (TL_IS_PAGE (self));

  if ((canvas != NULL && tl_canvas_duplicate (canvas)) || cell == NULL || self->canvas != NULL)
    return;
  if (tl_cell_get_kind (cell) != TL_CELL_TEXT)
    id = tl_document_unique_id (tl_session_get_document (self->session), tl_cell_get_id (cell));
  copy = tl_document_insert_cell (tl_session_get_document (self->session), (guint)tl_cell_get_index (cell) + 1,
                                  tl_cell_get_kind (cell), id, tl_cell_get_text (cell, NULL), &error);
  if (copy != NULL)
    tl_notebook_select (self->notebook, copy, TRUE);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", error->message);
}
