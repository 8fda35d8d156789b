/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a graph and shown on it: shapes, numbers of parameters, costs and errors.  Canvas.c knows the text; what its
 * nodes come to is computed on another thread, while the person goes on.
 */
#include <glib/gi18n.h>

#include "ui/canvas/canvas-private.h"
#include "ui/plot/number.h"

/* After the last of several edits that come at once. */
#define CHECK_DELAY_MS 40

static char *
describe_attrs (const TlGraphNode *node)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < node->n_attrs; i++)
    g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", node->attrs[i].name, node->attrs[i].text);
  return g_string_free (text, FALSE);
}

static const char *
find_error (TlCanvas          *self,
            const TlGraphText *graph,
            const TlGraphNode *node)
{
  const TlNodeReport *report = tl_graph_report_find (self->report, node->name);
  const char         *from_run = g_hash_table_lookup (self->run_errors, node->name);

  for (guint i = 0; i < graph->n_errors; i++)
    if (graph->errors[i].line >= node->line && graph->errors[i].line <= node->end_line)
      return graph->errors[i].message;
  if (report != NULL && report->error != NULL)
    return report->error;
  return from_run;
}

void
tl_canvas_update_looks (TlCanvas *self)
{
  TlGraphText *graph = tl_cell_get_graph (self->cell);

  if (graph == NULL)
    return;
  for (guint i = 0; i < self->nodes->len && i < graph->n_nodes; i++) {
    const TlGraphNode  *text = &graph->nodes[i];
    const TlNodeReport *report = tl_graph_report_find (self->report, text->name);
    const TlRow        *row = tl_graph_info_find_row (text->row);
    CanvasNode         *node = tl_canvas_node (self, i);
    g_autofree char    *attrs = describe_attrs (text);
    g_autofree char    *count = report != NULL && report->n_parameters > 0 ? tl_number_group (report->n_parameters) : NULL;
    TlNodeLook          look = {
               .name = text->name,
               .row = text->row,
               .group = row != NULL ? row->group : NULL,
               .attrs = attrs,
               .count = count,
               .error = find_error (self, graph, text),
               .shape = report != NULL && report->shapes != NULL ? report->shapes[0] : NULL,
               .n_inputs = node->n_inputs,
               .n_outputs = node->n_outputs,
    };

    tl_node_view_set_look (node->view, &look);
    tl_node_view_set_selected (node->view, node->is_selected);
  }
}

static void
set_summary (TlCanvas   *self,
             const char *summary)
{
  if (g_strcmp0 (self->summary, summary) == 0)
    return;
  g_free (self->summary);
  self->summary = g_strdup (summary);
  g_object_notify (G_OBJECT (self), "summary");
}

static char *
format_flops (double flops)
{
  static const char *const units[] = { "FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP" };
  guint                    unit = 0;

  while (flops >= 1000 && unit + 1 < G_N_ELEMENTS (units)) {
    flops /= 1000;
    unit++;
  }
  return g_strdup_printf (flops < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", flops, units[unit]);
}

void
tl_canvas_update_summary (TlCanvas *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->report != NULL && self->report->n_parameters >= 0) {
    g_autofree char *count = tl_number_group (self->report->n_parameters);

    /* Translators: %s is a number, the parameters of a model. */
    g_string_append_printf (text, _ ("%s parameters"), count);
  } else {
    g_string_append_printf (text, ngettext ("%u node", "%u nodes", self->nodes->len), self->nodes->len);
  }
  if (self->report != NULL && self->report->flops > 0) {
    g_autofree char *flops = format_flops (self->report->flops);

    g_string_append_printf (text, " · %s", flops);
  }
  if (self->report != NULL && self->report->memory > 0) {
    g_autofree char *size = g_format_size ((guint64)self->report->memory);

    /* Translators: what training takes: "38 MB to train at N = 64". */
    g_string_append_printf (text, _ (" · %s to train at %s"), size, self->report->memory_sizes);
  }
  if (self->report != NULL && self->report->error != NULL)
    g_string_append_printf (text, " · %s", self->report->error);
  set_summary (self, text->str);
}

static void check (TlCanvas *self);

static void
checked_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (TlCanvas) self = user_data;
  TlGraphReport       *report = tl_graph_info_check_finish (result, NULL);

  /* Only a canvas that is gone cancels. */
  if (report == NULL)
    return;
  g_clear_object (&self->checking);
  g_clear_pointer (&self->report, tl_graph_report_free);
  self->report = report;
  tl_canvas_update_looks (self);
  tl_canvas_update_summary (self);
  tl_canvas_update_links (self);
  tl_canvas_invalidate (self);
  g_signal_emit_by_name (self, "report-changed");
  if (self->checks_again)
    check (self);
}

static void
check (TlCanvas *self)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();

  for (guint i = 0; i < tl_document_get_n_cells (self->document); i++) {
    TlCell *cell = tl_document_get_cell (self->document, i);

    if (cell == self->cell || tl_cell_get_kind (cell) != TL_CELL_GRAPH || tl_cell_get_id (cell) == NULL)
      continue;
    g_ptr_array_add (ids, (char *)tl_cell_get_id (cell));
    g_ptr_array_add (texts, (char *)tl_cell_get_text (cell, NULL));
  }
  g_ptr_array_add (ids, NULL);
  g_ptr_array_add (texts, NULL);
  self->checks_again = FALSE;
  self->checking = g_cancellable_new ();
  tl_graph_info_check_async (tl_cell_get_text (self->cell, NULL), (const char *const *)ids->pdata,
                             (const char *const *)texts->pdata, self->checking, checked_cb, g_object_ref (self));
}

static gboolean
check_cb (gpointer user_data)
{
  TlCanvas *self = user_data;

  self->check_id = 0;
  if (self->checking != NULL)
    self->checks_again = TRUE;
  else
    check (self);
  return G_SOURCE_REMOVE;
}

void
tl_canvas_check_soon (TlCanvas *self)
{
  if (self->check_id == 0)
    self->check_id = g_timeout_add (CHECK_DELAY_MS, check_cb, self);
}
