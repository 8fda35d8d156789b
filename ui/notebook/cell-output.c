/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n.h>
#include <string.h>

#include "ui/notebook/cell-buffer.h"
#include "ui/notebook/cell-view-private.h"

/* What running a cell has left: text, errors, and how it went. */

#define MAX_SHOWN_BYTES 40000

/* --- outputs ------------------------------------------------------------------------------------------------------------- */

static void
add_output_text (TlCellView          *self,
                 const TlOutputPiece *piece)
{
  const char      *text = piece->text->str;
  gsize            length = piece->text->len;
  GtkWidget       *label;
  g_autofree char *shown = NULL;

  while (length > 0 && text[length - 1] == '\n')
    length--;
  if (length == 0)
    return;
  if (length > MAX_SHOWN_BYTES) {
    const char *start = text + length - MAX_SHOWN_BYTES;
    const char *line = memchr (start, '\n', MAX_SHOWN_BYTES);

    /* The end of a long output is what is being waited for; all of it is in the run's folder. */
    start = line != NULL ? line + 1 : start;
    while ((*start & 0xC0) == 0x80)
      start++;
    shown = g_strdup_printf ("…\n%.*s", (int)(text + length - start), start);
  } else {
    shown = g_strndup (text, length);
  }
  label = gtk_label_new (shown);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_widget_set_can_focus (label, FALSE);
  gtk_widget_add_css_class (label, "tl-output-text");
  if (g_str_equal (piece->stream, "stderr"))
    gtk_widget_add_css_class (label, "tl-output-stderr");
  gtk_box_append (self->output, label);
}

static void
add_output_error (TlCellView          *self,
                  const TlOutputError *error)
{
  GtkWidget       *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget       *icon = gtk_image_new_from_icon_name ("dialog-error-symbolic");
  GtkWidget       *label;
  g_autofree char *text = NULL;

  if (error->node != NULL)
    text = g_strdup_printf ("%s: %s", error->node, error->message);
  else if (error->line > 0)
    /* Translators: %u is a line number, %s a message. */
    text = g_strdup_printf (_ ("line %u: %s"), error->line, error->message);
  else
    text = g_strdup (error->message);
  label = gtk_label_new (text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_set_can_focus (label, FALSE);
  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (row), icon);
  gtk_box_append (GTK_BOX (row), label);
  gtk_widget_add_css_class (row, "tl-output-error");
  gtk_box_append (self->output, row);
}

void
tl_cell_view_show_outputs (TlCellView      *self,
                           const TlOutputs *outputs)
{
  GtkWidget *child;
  guint      error_line = 0;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->output))) != NULL)
    gtk_box_remove (self->output, child);
  for (guint i = 0; outputs != NULL && i < outputs->pieces->len; i++)
    add_output_text (self, outputs->pieces->pdata[i]);
  for (guint i = 0; outputs != NULL && i < outputs->errors->len; i++) {
    const TlOutputError *error = outputs->errors->pdata[i];

    add_output_error (self, error);
    error_line = error_line == 0 ? error->line : error_line;
  }
  gtk_widget_set_visible (GTK_WIDGET (self->output), gtk_widget_get_first_child (GTK_WIDGET (self->output)) != NULL);
  if (tl_cell_get_kind (self->cell) == TL_CELL_LUA && self->source_view != NULL)
    tl_cell_buffer_mark_error (TL_CELL_BUFFER (gtk_text_view_get_buffer (self->source_view)),
                               tl_session_is_stale (self->session, self->cell) ? 0 : error_line);
  if (self->canvas != NULL)
    tl_canvas_set_run_errors (self->canvas, outputs != NULL ? outputs->errors : NULL);
}

/* --- status -------------------------------------------------------------------------------------------------------------- */

static char *
format_seconds (double seconds)
{
  if (seconds < 0)
    return g_strdup ("");
  if (seconds < 0.0995)
    return g_strdup_printf (_ ("%.0f ms"), seconds * 1000);
  if (seconds < 60)
    return g_strdup_printf (_ ("%.1f s"), seconds);
  return g_strdup_printf (_ ("%d min %02d s"), (int)(seconds / 60), (int)seconds % 60);
}

void
tl_cell_view_update_status (TlCellView *self)
{
  static const char *const styles[] = { "", "queued", "running", "done", "error", "interrupted" };
  const TlOutputs         *outputs = tl_session_get_outputs (self->session, tl_cell_get_id (self->cell));
  TlCellStatus             status = outputs != NULL ? outputs->status : TL_CELL_NEW;
  g_autofree char         *time = NULL;
  g_autofree char         *text = NULL;

  for (guint i = 1; i < G_N_ELEMENTS (styles); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self->status_label), styles[i]);
  if (status != TL_CELL_NEW)
    gtk_widget_add_css_class (GTK_WIDGET (self->status_label), styles[status]);
  if (outputs != NULL && status == TL_CELL_RUNNING && outputs->started_us > 0)
    time = format_seconds ((double)(g_get_monotonic_time () - outputs->started_us) / 1e6);
  else
    time = format_seconds (outputs != NULL ? outputs->seconds : -1);
  switch (status) {
  case TL_CELL_QUEUED:
    text = g_strdup (_ ("waiting"));
    break;
  case TL_CELL_DONE:
    text = tl_session_is_stale (self->session, self->cell) ? g_strdup_printf (_ ("changed · %s"), time)
                                                           : g_strdup_printf ("%s  ✓", time);
    break;
  case TL_CELL_ERROR:
    text = g_strdup_printf ("%s  ✗", time);
    break;
  case TL_CELL_INTERRUPTED:
    text = g_strdup (_ ("interrupted"));
    break;
  default:
    text = g_steal_pointer (&time);
    break;
  }
  gtk_label_set_text (self->status_label, text);
  gtk_stack_set_visible_child_name (self->run_stack, status == TL_CELL_RUNNING ? "running" : "run");
  gtk_spinner_set_spinning (self->spinner, status == TL_CELL_RUNNING);
}
