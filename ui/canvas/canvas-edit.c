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

/* --- copies --------------------------------------------------------------------------------------------------------------- */

typedef struct {
  char      *name;
  char      *row;
  char      *attrs;
  GPtrArray *inputs; /* names of outputs */
  char      *copy;
  TlPoint    place;
} Template;

static void
template_clear (gpointer data)
{
  Template *template = data;

  g_free (template->name);
  g_free (template->row);
  g_free (template->attrs);
  g_free (template->copy);
  g_ptr_array_unref (template->inputs);
}

/* What is selected, in the order of the text; the text changes with the first copy. */
static GArray *
take_templates (TlCanvas *self)
{
  TlGraphText *graph = tl_cell_get_graph (self->cell);
  GArray      *templates = g_array_new (FALSE, TRUE, sizeof (Template));

  g_array_set_clear_func (templates, template_clear);
  for (guint i = 0; graph != NULL && i < self->nodes->len && i < graph->n_nodes; i++) {
    const TlGraphNode *node = &graph->nodes[i];
    const TlRect      *rect = &tl_canvas_node (self, i)->rect;
    GString           *attrs = g_string_new (NULL);
    Template template = { 0 };

    if (!tl_canvas_node (self, i)->is_selected) {
      g_string_free (attrs, TRUE);
      continue;
    }
    for (guint k = 0; k < node->n_attrs; k++)
      g_string_append_printf (attrs, "%s%s = %s", k > 0 ? ", " : "", node->attrs[k].name, node->attrs[k].text);
    template.name = g_strdup (node->name);
    template.row = g_strdup (node->row);
    template.attrs = g_string_free (attrs, FALSE);
    template.place = (TlPoint){ rect->x / TL_GRID, rect->y / TL_GRID };
    template.inputs = g_ptr_array_new_with_free_func (g_free);
    for (guint k = 0; k < node->n_inputs && node->inputs[k].name != NULL; k++)
      g_ptr_array_add (template.inputs, g_strdup (node->inputs[k].name));
    g_array_append_val (templates, template);
  }
  return templates;
}

/* A link from a node that is copied, too, comes from its copy. */
static const char *
find_source (GArray     *templates,
             const char *name)
{
  for (guint i = 0; i < templates->len; i++) {
    const Template *template = &g_array_index (templates, Template, i);

    if (template->copy != NULL && g_str_equal (template->name, name))
      return template->copy;
  }
  return name;
}

gboolean
tl_canvas_duplicate (TlCanvas *self)
{
  g_autoptr (GArray) templates = NULL;
  g_autoptr (GError) error = NULL;
  gboolean           is_placed;

  g_return_val_if_fail (TL_IS_CANVAS (self), FALSE);

  templates = take_templates (self);
  is_placed = self->is_placed;
  if (templates->len == 0)
    return FALSE;
  tl_document_begin_group (self->document, "duplicate");
  for (guint i = 0; i < templates->len && error == NULL; i++) {
    Template *template = &g_array_index (templates, Template, i);
    g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

    for (guint k = 0; k < template->inputs->len; k++)
      g_ptr_array_add (inputs, (char *)find_source (templates, template->inputs->pdata[k]));
    g_ptr_array_add (inputs, NULL);
    template->copy = tl_document_add_node (self->document, self->cell, NULL, template->row,
                                           inputs->len > 1 ? (const char *const *)inputs->pdata : NULL,
                                           *template->attrs != '\0' ? template->attrs : NULL, is_placed,
                                           round (template->place.x * 2) / 2 + 1, round (template->place.y * 2) / 2 + 1, &error);
  }
  tl_document_end_group (self->document);
  tl_canvas_report_error (self, error);
  tl_canvas_set_selection (self, -1, FALSE);
  for (guint i = 0; i < self->nodes->len; i++)
    for (guint k = 0; k < templates->len; k++)
      if (g_strcmp0 (tl_canvas_node (self, i)->name, g_array_index (templates, Template, k).copy) == 0)
        tl_canvas_set_selection (self, (int)i, TRUE);
  return TRUE;
}
