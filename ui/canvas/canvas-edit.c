/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/canvas-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/canvas/layout.h"

/* What the canvas does to the document.  Afterwards the document tells what has changed, and canvas.c reads it again. */

void
tl_canvas_commit_places (TlCanvas *self)
{
  guint                   n = self->nodes->len;
  g_autofree const char **names = g_new0 (const char *, n + 1);
  g_autofree double      *x = g_new0 (double, n + 1);
  g_autofree double      *y = g_new0 (double, n + 1);
  g_autoptr (GError)      error = NULL;
  guint                   n_moved = 0;

  /* The first move of an automatically placed graph writes all places, so that the others stay where they are seen. */
  for (guint i = 0; i < n; i++) {
    CanvasNode *node = tl_canvas_node (self, i);

    if (self->is_placed && !node->is_hot)
      continue;
    names[n_moved] = node->name;
    x[n_moved] = round (node->rect.x / TL_GRID * 2) / 2;
    y[n_moved] = round (node->rect.y / TL_GRID * 2) / 2;
    n_moved++;
  }
  for (guint i = 0; i < n; i++)
    tl_canvas_node (self, i)->is_hot = FALSE;
  if (n_moved > 0)
    tl_document_move_nodes (self->document, self->cell, n_moved, names, x, y, &error);
  tl_canvas_report_error (self, error);
}

void
tl_canvas_move_selected (TlCanvas *self,
                         double    dx,
                         double    dy)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->nodes->len; i++) {
    CanvasNode *node = tl_canvas_node (self, i);

    if (!node->is_selected)
      continue;
    node->rect.x += dx * TL_GRID;
    node->rect.y += dy * TL_GRID;
    node->is_hot = TRUE;
    any = TRUE;
  }
  if (any)
    tl_canvas_commit_places (self);
}

/* The input a link goes to when only the node was pointed at: a free one that takes it, else the first. */
static guint
choose_input (const TlGraphNode *from,
              const TlGraphNode *node,
              guint              n_inputs)
{
  const TlRow *row = tl_graph_info_find_row (node->row);
  const TlRow *source = tl_graph_info_find_row (from->row);

  for (guint i = 0; i < n_inputs; i++)
    if ((i >= node->n_inputs || node->inputs[i].name == NULL) && tl_row_takes (row, i, source))
      return i;
  if (row != NULL && row->takes_more && tl_row_takes (row, n_inputs, source))
    return n_inputs;
  for (guint i = 0; i < n_inputs; i++)
    if (tl_row_takes (row, i, source))
      return i;
  return 0;
}

void
tl_canvas_connect (TlCanvas *self,
                   int       from,
                   guint     output,
                   int       to,
                   int       input)
{
  TlGraphText       *graph = tl_cell_get_graph (self->cell);
  g_autofree char   *source = NULL;
  g_autofree char   *target = NULL;
  g_autoptr (GError) error = NULL;

  if (from < 0 || to < 0 || from == to || (guint)from >= graph->n_nodes || (guint)to >= graph->n_nodes)
    return;
  if (output >= graph->nodes[from].n_outputs)
    return;
  source = g_strdup (graph->nodes[from].outputs[output].name);
  target = g_strdup (graph->nodes[to].name);
  if (input < 0)
    input = (int)choose_input (&graph->nodes[from], &graph->nodes[to], tl_canvas_node (self, (guint)to)->n_inputs);
  tl_document_connect_nodes (self->document, self->cell, target, (guint)input, source, &error);
  tl_canvas_report_error (self, error);
}

void
tl_canvas_delete_selected (TlCanvas *self)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError)    error = NULL;

  if (self->selected_link >= 0) {
    CanvasLink      *link = tl_canvas_link (self, (guint)self->selected_link);
    g_autofree char *node = g_strdup (tl_canvas_node (self, link->to)->name);

    tl_document_connect_nodes (self->document, self->cell, node, link->input, NULL, &error);
    tl_canvas_report_error (self, error);
    return;
  }
  for (guint i = 0; i < self->nodes->len; i++)
    if (tl_canvas_node (self, i)->is_selected)
      g_ptr_array_add (names, g_strdup (tl_canvas_node (self, i)->name));
  if (names->len == 0)
    return;
  g_ptr_array_add (names, NULL);
  tl_document_remove_nodes (self->document, self->cell, (const char *const *)names->pdata, &error);
  tl_canvas_report_error (self, error);
}

/* Names of outputs that the palette makes for a new node. */
#define MAX_NEW_OUTPUTS 4

void
tl_canvas_add_row (TlCanvas   *self,
                   const char *row)
{
  TlGraphText       *graph = tl_cell_get_graph (self->cell);
  const TlRow       *known = tl_graph_info_find_row (row);
  int                from = tl_canvas_focus_node (self);
  const char        *inputs[2] = { NULL, NULL };
  char              *free_names[MAX_NEW_OUTPUTS] = { NULL };
  const char        *names[MAX_NEW_OUTPUTS + 1] = { NULL };
  g_autofree char   *source = NULL;
  g_autofree char   *name = NULL;
  g_autoptr (GError) error = NULL;
  double             x = 0;
  double             y = 0;

  if (from >= 0 && tl_canvas_node (self, (guint)from)->is_selected) {
    const TlRect *rect = &tl_canvas_node (self, (guint)from)->rect;

    if (graph->nodes[from].n_outputs > 0 && (known == NULL || known->n_inputs > 0) &&
        tl_row_takes (known, 0, tl_graph_info_find_row (graph->nodes[from].row)))
      inputs[0] = source = g_strdup (graph->nodes[from].outputs[0].name);
    x = rect->x / TL_GRID + TL_LAYOUT_STEP_X;
    y = rect->y / TL_GRID;
  } else if (self->nodes->len > 0) {
    TlRect content = tl_canvas_content (self);

    x = content.x / TL_GRID;
    y = (content.y + content.height) / TL_GRID + 1;
  }
  /* Not on top of another one. */
  for (guint tries = 0; tries < 20; tries++) {
    TlRect   place = { x * TL_GRID, y * TL_GRID, TL_NODE_WIDTH, TL_NODE_HEIGHT };
    gboolean is_free = TRUE;

    for (guint i = 0; i < self->nodes->len; i++)
      is_free &= !tl_rect_overlaps (&place, &tl_canvas_node (self, i)->rect);
    if (is_free)
      break;
    y += TL_LAYOUT_STEP_Y;
  }
  for (guint i = 0; known != NULL && known->output_names != NULL && known->output_names[i] != NULL && i < MAX_NEW_OUTPUTS; i++)
    names[i] = free_names[i] = tl_graph_text_unique_name (graph, known->output_names[i]);
  name = tl_document_add_node (self->document, self->cell, names[0] != NULL ? names : NULL, row, source != NULL ? inputs : NULL, NULL, self->is_placed,
                               round (x * 2) / 2, round (y * 2) / 2, &error);
  for (guint i = 0; i < MAX_NEW_OUTPUTS; i++)
    g_free (free_names[i]);
  tl_canvas_report_error (self, error);
  if (name != NULL)
    tl_canvas_select (self, name);
}
