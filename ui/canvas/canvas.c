/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/canvas-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/canvas/layout.h"
#include "ui/notebook/outputs.h"
#include "ui/plot/number.h"

#define MARGIN 26.0
#define MIN_HEIGHT 132.0
#define MAX_HEIGHT 620.0

G_DEFINE_FINAL_TYPE (TlCanvas, tl_canvas, GTK_TYPE_WIDGET)

enum {
  PROP_SUMMARY = 1,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

enum {
  SIGNAL_NODE_SELECTED,
  SIGNAL_REPORT_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
node_clear (gpointer data)
{
  CanvasNode *node = data;

  g_free (node->name);
  if (node->view != NULL)
    gtk_widget_unparent (GTK_WIDGET (node->view));
}

static void
link_clear (gpointer data)
{
  CanvasLink *link = data;

  g_free (link->output_name);
  g_free (link->label);
}

void
tl_canvas_report_error (TlCanvas *self,
                        GError   *error)
{
  if (error != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", error->message);
}

void
tl_canvas_invalidate (TlCanvas *self)
{
  g_clear_pointer (&self->static_links, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* --- links ------------------------------------------------------------------------------------------------------------------ */

void
tl_canvas_update_links (TlCanvas *self)
{
  for (guint i = 0; i < self->links->len; i++) {
    CanvasLink         *link = tl_canvas_link (self, i);
    CanvasNode         *from = tl_canvas_node (self, link->from);
    CanvasNode         *to = tl_canvas_node (self, link->to);
    const TlNodeReport *report = tl_graph_report_find (self->report, from->name);
    TlPoint             start = tl_geometry_port (&from->rect, TRUE, link->output, from->n_outputs);
    TlPoint             end = tl_geometry_port (&to->rect, FALSE, link->input, to->n_inputs);

    tl_geometry_link (start, end, &link->path);
    g_clear_pointer (&link->label, g_free);
    if (report != NULL && report->shapes != NULL && link->output < g_strv_length (report->shapes))
      link->label = g_strdup (report->shapes[link->output]);
  }
}

/* --- from the text ------------------------------------------------------------------------------------------------------------ */

static CanvasNode *
find_node (GArray     *nodes,
           const char *name)
{
  for (guint i = 0; i < nodes->len; i++)
    if (g_strcmp0 (g_array_index (nodes, CanvasNode, i).name, name) == 0)
      return &g_array_index (nodes, CanvasNode, i);
  return NULL;
}

/* The node of before that now has this name: the one of that name, or the one in its place, when it was only renamed. */
static CanvasNode *
find_before (GArray            *old,
             const TlGraphText *graph,
             guint              index)
{
  CanvasNode *found = find_node (old, graph->nodes[index].name);
  CanvasNode *same_place = old->len == graph->n_nodes ? &g_array_index (old, CanvasNode, index) : NULL;

  if (found != NULL || same_place == NULL || tl_graph_text_find_node (graph, same_place->name, NULL) != NULL)
    return found;
  return same_place;
}

static guint
count_inputs (const TlGraphNode *text)
{
  const TlRow *row = tl_graph_info_find_row (text->row);

  if (row != NULL)
    return MAX (text->n_inputs, row->n_inputs);
  return g_str_equal (text->row, "Input") ? 0 : MAX (text->n_inputs, 1);
}

/* Places the nodes that the text does not place; @max_layers follows from the width there is. */
static void
place_nodes (TlCanvas *self)
{
  guint                    n = self->nodes->len;
  g_autofree TlPoint      *places = g_new0 (TlPoint, MAX (n, 1));
  g_autofree TlLayoutLink *links = g_new0 (TlLayoutLink, MAX (self->links->len, 1));
  double                   below = 0;

  for (guint i = 0; i < self->links->len; i++)
    links[i] = (TlLayoutLink){ tl_canvas_link (self, i)->from, tl_canvas_link (self, i)->to };
  tl_layout_place (n, links, self->links->len, self->max_layers, places);
  /* What is not placed yet in a graph that is goes below it. */
  for (guint i = 0; i < n; i++) {
    CanvasNode *node = tl_canvas_node (self, i);

    if (node->has_place)
      below = MAX (below, node->rect.y + node->rect.height + TL_GRID);
  }
  for (guint i = 0; i < n; i++) {
    CanvasNode *node = tl_canvas_node (self, i);

    if (node->has_place || node->is_hot)
      continue;
    node->rect.x = places[i].x * TL_GRID;
    node->rect.y = places[i].y * TL_GRID + (self->is_placed ? 0 : below);
  }
}

static void
read_links (TlCanvas          *self,
            const TlGraphText *graph)
{
  g_array_set_size (self->links, 0);
  for (guint i = 0; i < graph->n_nodes; i++)
    for (guint k = 0; k < graph->nodes[i].n_inputs; k++) {
      const TlGraphInput *input = &graph->nodes[i].inputs[k];
      CanvasLink          link = { 0 };

      if (input->node < 0)
        continue;
      link.from = (guint)input->node;
      link.output = input->output;
      link.to = i;
      link.input = k;
      link.output_name = g_strdup (input->name);
      g_array_append_val (self->links, link);
    }
}

static void
read_nodes (TlCanvas          *self,
            const TlGraphText *graph)
{
  GArray *old = self->nodes;

  self->nodes = g_array_new (FALSE, TRUE, sizeof (CanvasNode));
  g_array_set_clear_func (self->nodes, node_clear);
  self->is_placed = graph->n_nodes > 0;
  for (guint i = 0; i < graph->n_nodes; i++) {
    const TlGraphNode *text = &graph->nodes[i];
    CanvasNode        *before = find_before (old, graph, i);
    CanvasNode         node = { 0 };

    node.name = g_strdup (text->name);
    node.n_inputs = count_inputs (text);
    node.n_outputs = MAX (text->n_outputs, 1);
    node.has_place = text->has_position;
    node.rect = (TlRect){ text->x * TL_GRID, text->y * TL_GRID, TL_NODE_WIDTH,
                          tl_geometry_node_height (node.n_inputs, node.n_outputs) };
    if (before != NULL && before->view != NULL) {
      node.view = g_steal_pointer (&before->view);
      node.is_selected = before->is_selected;
      node.is_allocated = before->is_allocated;
    } else {
      node.view = TL_NODE_VIEW (tl_node_view_new ());
      gtk_widget_set_parent (GTK_WIDGET (node.view), GTK_WIDGET (self));
      tl_canvas_watch_node (self, node.view);
    }
    self->is_placed &= node.has_place;
    g_array_append_val (self->nodes, node);
  }
  g_array_unref (old);
}

static void
refresh (TlCanvas *self)
{
  TlGraphText *graph = tl_cell_get_graph (self->cell);

  if (graph == NULL)
    return;
  self->drag = DRAG_NONE;
  self->is_connecting = FALSE;
  self->selected_link = -1;
  read_nodes (self, graph);
  read_links (self, graph);
  place_nodes (self);
  tl_canvas_update_looks (self);
  tl_canvas_update_summary (self);
  tl_canvas_update_links (self);
  tl_canvas_invalidate (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  tl_canvas_check_soon (self);
}

static void
cell_changed_cb (TlDocument *document,
                 TlCell     *cell,
                 guint64     start,
                 guint64     n_removed,
                 guint64     n_inserted,
                 TlCanvas   *self)
{
  if (cell == self->cell && tl_cell_get_kind (cell) == TL_CELL_GRAPH)
    refresh (self);
  else if (tl_cell_get_kind (cell) == TL_CELL_GRAPH)
    tl_canvas_check_soon (self);
}

/* --- selection --------------------------------------------------------------------------------------------------------------- */

int
tl_canvas_focus_node (TlCanvas *self)
{
  GtkWidget *focus = gtk_widget_get_focus_child (GTK_WIDGET (self));

  for (guint i = 0; i < self->nodes->len; i++)
    if (focus != NULL && GTK_WIDGET (tl_canvas_node (self, i)->view) == focus)
      return (int)i;
  for (guint i = 0; i < self->nodes->len; i++)
    if (tl_canvas_node (self, i)->is_selected)
      return (int)i;
  return -1;
}

void
tl_canvas_set_selection (TlCanvas *self,
                         int       index,
                         gboolean  extend)
{
  for (guint i = 0; i < self->nodes->len; i++) {
    CanvasNode *node = tl_canvas_node (self, i);
    gboolean    selected = (int)i == index ? (extend ? !node->is_selected : TRUE) : extend && node->is_selected;

    if (node->is_selected == selected)
      continue;
    node->is_selected = selected;
    tl_node_view_set_selected (node->view, selected);
  }
  if (index >= 0)
    self->selected_link = -1;
  tl_canvas_invalidate (self);
  g_signal_emit (self, signals[SIGNAL_NODE_SELECTED], 0, tl_canvas_get_selected (self));
}

const char *
tl_canvas_get_selected (TlCanvas *self)
{
  const char *name = NULL;

  g_return_val_if_fail (TL_IS_CANVAS (self), NULL);

  for (guint i = 0; i < self->nodes->len; i++)
    if (tl_canvas_node (self, i)->is_selected) {
      if (name != NULL)
        return NULL;
      name = tl_canvas_node (self, i)->name;
    }
  return name;
}

void
tl_canvas_select (TlCanvas   *self,
                  const char *node)
{
  g_return_if_fail (TL_IS_CANVAS (self));

  for (guint i = 0; i < self->nodes->len; i++)
    if (g_strcmp0 (tl_canvas_node (self, i)->name, node) == 0) {
      tl_canvas_set_selection (self, (int)i, FALSE);
      return;
    }
  tl_canvas_set_selection (self, -1, FALSE);
}

/* --- layout --------------------------------------------------------------------------------------------------------------------- */

TlRect
tl_canvas_content (TlCanvas *self)
{
  TlRect content = { 0, 0, TL_NODE_WIDTH, TL_NODE_HEIGHT };

  for (guint i = 0; i < self->nodes->len; i++)
    content = i == 0 ? tl_canvas_node (self, 0)->rect : tl_rect_union (&content, &tl_canvas_node (self, i)->rect);
  for (guint i = 0; i < self->links->len; i++) {
    TlRect bounds = tl_geometry_link_bounds (&tl_canvas_link (self, i)->path);

    content = tl_rect_union (&content, &bounds);
  }
  return content;
}

static void
update_camera (TlCanvas *self,
               double    width,
               double    height)
{
  guint  max_layers = (guint)MAX (1, floor ((width - 2 * MARGIN - TL_NODE_WIDTH) / (TL_LAYOUT_STEP_X * TL_GRID)) + 1);
  TlRect content;

  if (!self->is_placed && max_layers != self->max_layers) {
    self->max_layers = max_layers;
    place_nodes (self);
    tl_canvas_update_links (self);
    g_clear_pointer (&self->static_links, gsk_render_node_unref);
  }
  if (self->has_own_camera || width <= 0)
    return;
  content = tl_canvas_content (self);
  tl_camera_fit (&self->camera, &content, width, height > 0 ? height : 1e6, MARGIN, 1);
  /* Text begins on the left, graphs do, too, unless they have the window for themselves. */
  if (!self->fills)
    self->camera.x = content.x - MARGIN / self->camera.zoom;
}

static GtkSizeRequestMode
tl_canvas_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
tl_canvas_measure (GtkWidget     *widget,
                   GtkOrientation orientation,
                   int            for_size,
                   int           *minimum,
                   int           *natural,
                   int           *minimum_baseline,
                   int           *natural_baseline)
{
  TlCanvas *self = TL_CANVAS (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    *minimum = 120;
    *natural = 600;
  } else if (self->fills) {
    *minimum = *natural = (int)MIN_HEIGHT;
  } else {
    TlCamera kept = self->camera;
    TlRect   content;
    double   height;

    update_camera (self, for_size > 0 ? for_size : 600, 0);
    content = tl_canvas_content (self);
    height = content.height * (self->has_own_camera ? 1 : self->camera.zoom) + 2 * MARGIN;
    self->camera = kept;
    *minimum = *natural = (int)CLAMP (height, MIN_HEIGHT, MAX_HEIGHT);
  }
}

static void
tl_canvas_size_allocate (GtkWidget *widget,
                         int        width,
                         int        height,
                         int        baseline)
{
  TlCanvas *self = TL_CANVAS (widget);
  TlCamera  before = self->camera;
  TlRect    visible;
  int       detail;

  update_camera (self, width, height);
  if (before.zoom != self->camera.zoom || before.x != self->camera.x || before.y != self->camera.y)
    g_clear_pointer (&self->static_links, gsk_render_node_unref);
  visible = (TlRect){ self->camera.x, self->camera.y, width / self->camera.zoom, height / self->camera.zoom };
  detail = self->camera.zoom < TL_CANVAS_BLOCKS ? 0 : self->camera.zoom < 0.5 ? 1
                                                                              : 2;
  for (guint i = 0; i < self->nodes->len; i++) {
    CanvasNode   *node = tl_canvas_node (self, i);
    TlPoint       corner = tl_camera_to_widget (&self->camera, (TlPoint){ node->rect.x, node->rect.y });
    gboolean      is_seen = tl_rect_overlaps (&visible, &node->rect);
    GskTransform *transform;

    gtk_widget_set_child_visible (GTK_WIDGET (node->view), is_seen);
    if (!is_seen && node->is_allocated)
      continue;
    node->is_allocated = TRUE;
    tl_node_view_set_detail (node->view, detail);
    gtk_widget_measure (GTK_WIDGET (node->view), GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
    transform = gsk_transform_translate (NULL, &GRAPHENE_POINT_INIT ((float)round (corner.x), (float)round (corner.y)));
    transform = gsk_transform_scale (transform, (float)self->camera.zoom, (float)self->camera.zoom);
    gtk_widget_allocate (GTK_WIDGET (node->view), (int)node->rect.width, (int)node->rect.height, -1, transform);
  }
  if (self->palette != NULL)
    gtk_popover_present (GTK_POPOVER (self->palette));
}

/* --- palette ---------------------------------------------------------------------------------------------------------------------- */

static void
chosen_cb (TlPalette  *palette,
           const char *name,
           TlCanvas   *self)
{
  tl_canvas_add_row (self, name);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

void
tl_canvas_show_palette (TlCanvas *self)
{
  g_autoptr (GPtrArray) extra = g_ptr_array_new ();
  GdkRectangle          place = { gtk_widget_get_width (GTK_WIDGET (self)) / 2, 12, 1, 1 };
  int                   from = tl_canvas_focus_node (self);

  g_return_if_fail (TL_IS_CANVAS (self));

  if (self->palette == NULL) {
    self->palette = tl_palette_new ();
    gtk_widget_set_parent (self->palette, GTK_WIDGET (self));
    g_signal_connect (self->palette, "chosen", G_CALLBACK (chosen_cb), self);
  }
  if (from >= 0) {
    CanvasNode *node = tl_canvas_node (self, (guint)from);
    TlPoint     corner = tl_camera_to_widget (&self->camera, (TlPoint){ node->rect.x, node->rect.y });

    place = (GdkRectangle){ (int)corner.x, (int)corner.y, (int)(node->rect.width * self->camera.zoom),
                            (int)(node->rect.height * self->camera.zoom) };
  }
  for (guint i = 0; i < tl_document_get_n_cells (self->document); i++) {
    TlCell *cell = tl_document_get_cell (self->document, i);

    if (cell != self->cell && tl_cell_get_kind (cell) == TL_CELL_GRAPH && tl_cell_get_id (cell) != NULL)
      g_ptr_array_add (extra, (char *)tl_cell_get_id (cell));
  }
  g_ptr_array_add (extra, NULL);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->palette), &place);
  tl_palette_open (TL_PALETTE (self->palette), (const char *const *)extra->pdata);
}

/* --- object ----------------------------------------------------------------------------------------------------------------------- */

void
tl_canvas_set_fills (TlCanvas *self,
                     gboolean  fills)
{
  g_return_if_fail (TL_IS_CANVAS (self));

  self->fills = fills;
  gtk_widget_set_vexpand (GTK_WIDGET (self), fills);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

const TlGraphReport *
tl_canvas_get_report (TlCanvas *self)
{
  g_return_val_if_fail (TL_IS_CANVAS (self), NULL);

  return self->report;
}

void
tl_canvas_set_run_errors (TlCanvas  *self,
                          GPtrArray *errors)
{
  g_return_if_fail (TL_IS_CANVAS (self));

  g_hash_table_remove_all (self->run_errors);
  for (guint i = 0; errors != NULL && i < errors->len; i++) {
    const TlOutputError *error = errors->pdata[i];

    if (error->node != NULL)
      g_hash_table_insert (self->run_errors, g_strdup (error->node), g_strdup (error->message));
  }
  tl_canvas_update_looks (self);
}

static void
tl_canvas_get_property (GObject    *object,
                        guint       id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  g_value_set_string (value, TL_CANVAS (object)->summary);
}

static void
tl_canvas_dispose (GObject *object)
{
  TlCanvas *self = TL_CANVAS (object);

  g_clear_handle_id (&self->check_id, g_source_remove);
  g_cancellable_cancel (self->checking);
  g_clear_object (&self->checking);
  g_clear_pointer (&self->palette, gtk_widget_unparent);
  g_array_set_size (self->nodes, 0);
  g_array_set_size (self->links, 0);
  g_clear_object (&self->document);
  g_clear_object (&self->cell);
  G_OBJECT_CLASS (tl_canvas_parent_class)->dispose (object);
}

static void
tl_canvas_finalize (GObject *object)
{
  TlCanvas *self = TL_CANVAS (object);

  g_array_unref (self->nodes);
  g_array_unref (self->links);
  g_hash_table_unref (self->run_errors);
  g_clear_pointer (&self->report, tl_graph_report_free);
  g_clear_pointer (&self->static_links, gsk_render_node_unref);
  g_free (self->summary);
  G_OBJECT_CLASS (tl_canvas_parent_class)->finalize (object);
}

static void
tl_canvas_css_changed (GtkWidget         *widget,
                       GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (tl_canvas_parent_class)->css_changed (widget, change);
  tl_canvas_invalidate (TL_CANVAS (widget));
}

static void
tl_canvas_class_init (TlCanvasClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GObjectClass   *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tl_canvas_get_property;
  object_class->dispose = tl_canvas_dispose;
  object_class->finalize = tl_canvas_finalize;
  widget_class->get_request_mode = tl_canvas_get_request_mode;
  widget_class->measure = tl_canvas_measure;
  widget_class->size_allocate = tl_canvas_size_allocate;
  widget_class->snapshot = tl_canvas_snapshot;
  widget_class->css_changed = tl_canvas_css_changed;
  gtk_widget_class_set_css_name (widget_class, "canvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);

  properties[PROP_SUMMARY] = g_param_spec_string ("summary", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  signals[SIGNAL_NODE_SELECTED] = g_signal_new ("node-selected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_REPORT_CHANGED] = g_signal_new ("report-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
tl_canvas_init (TlCanvas *self)
{
  self->nodes = g_array_new (FALSE, TRUE, sizeof (CanvasNode));
  g_array_set_clear_func (self->nodes, node_clear);
  self->links = g_array_new (FALSE, TRUE, sizeof (CanvasLink));
  g_array_set_clear_func (self->links, link_clear);
  self->run_errors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->camera.zoom = 1;
  self->max_layers = 4;
  self->selected_link = -1;
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  tl_canvas_init_input (self);
}

GtkWidget *
tl_canvas_new (TlDocument *document,
               TlCell     *cell)
{
  TlCanvas        *self = g_object_new (TL_TYPE_CANVAS, NULL);
  g_autofree char *label = NULL;

  self->document = g_object_ref (document);
  self->cell = g_object_ref (cell);
  /* Translators: %s is the name of a graph cell. */
  label = g_strdup_printf (_ ("Graph %s"), tl_cell_get_id (cell));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_signal_connect_object (document, "cell-changed", G_CALLBACK (cell_changed_cb), self, 0);
  refresh (self);
  return GTK_WIDGET (self);
}
