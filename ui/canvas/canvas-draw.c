/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/canvas-private.h"

#include <math.h>

#define CORNER 7.0
#define LABEL_LIFT 9.0
#define LABEL_SIZE 9.5

/*
 * Links that stand still are one cached Cairo node, made again when camera or graph change; those of the nodes that are
 * being dragged are drawn apart, so that a drag repaints little.
 */

static GdkRGBA
look_up (TlCanvas   *self,
         const char *name)
{
  GdkRGBA color = { 0.5f, 0.5f, 0.5f, 1 };

  gtk_style_context_lookup_color (gtk_widget_get_style_context (GTK_WIDGET (self)), name, &color);
  return color;
}

static void
rounded_line (cairo_t       *cr,
              const TlPoint *points,
              guint          n_points)
{
  cairo_move_to (cr, points[0].x, points[0].y);
  for (guint i = 1; i + 1 < n_points; i++) {
    TlPoint p = points[i];
    TlPoint a = points[i - 1];
    TlPoint b = points[i + 1];
    double  before = hypot (p.x - a.x, p.y - a.y);
    double  after = hypot (b.x - p.x, b.y - p.y);
    double  r = MIN (CORNER, MIN (before, after) / 2);

    if (before < 0.01 || after < 0.01)
      continue;
    cairo_line_to (cr, p.x + (a.x - p.x) / before * r, p.y + (a.y - p.y) / before * r);
    cairo_curve_to (cr, p.x, p.y, p.x, p.y, p.x + (b.x - p.x) / after * r, p.y + (b.y - p.y) / after * r);
  }
  cairo_line_to (cr, points[n_points - 1].x, points[n_points - 1].y);
}

static void
trace_path (cairo_t          *cr,
            const TlLinkPath *path)
{
  const TlPoint *p = path->points;

  if (path->is_curve) {
    cairo_move_to (cr, p[0].x, p[0].y);
    cairo_curve_to (cr, p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y);
  } else {
    rounded_line (cr, p, path->n_points);
  }
}

static void
draw_label (TlCanvas   *self,
            cairo_t    *cr,
            CanvasLink *link)
{
  TlPoint                 place = tl_geometry_link_label (&link->path);
  g_autoptr (PangoLayout) layout = NULL;
  GdkRGBA                 ink = look_up (self, "tl_ink_2");
  GdkRGBA                 ground = look_up (self, "tl_canvas");
  int                     width, height;
  double                  left, top;

  if (link->label == NULL || *link->label == '\0' || self->camera.zoom < 0.45)
    return;
  layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), link->label);
  {
    g_autoptr (PangoAttrList) attrs = pango_attr_list_new ();

    pango_attr_list_insert (attrs, pango_attr_size_new_absolute ((int)(LABEL_SIZE * PANGO_SCALE)));
    pango_attr_list_insert (attrs, pango_attr_font_features_new ("tnum"));
    pango_layout_set_attributes (layout, attrs);
  }
  pango_layout_get_pixel_size (layout, &width, &height);
  left = round (place.x - width / 2.0);
  top = round (place.y - LABEL_LIFT - height / 2.0);
  /* Where lines cross below a label, its ground keeps it legible. */
  gdk_cairo_set_source_rgba (cr, &(GdkRGBA){ ground.red, ground.green, ground.blue, 0.8f });
  cairo_rectangle (cr, left - 1, top + 1, width + 2, height - 2);
  cairo_fill (cr);
  gdk_cairo_set_source_rgba (cr, &ink);
  cairo_move_to (cr, left, top);
  pango_cairo_show_layout (cr, layout);
}

static gboolean
is_hot (TlCanvas   *self,
        CanvasLink *link)
{
  return self->drag == DRAG_NODES && (tl_canvas_node (self, link->from)->is_hot || tl_canvas_node (self, link->to)->is_hot);
}

static void
draw_links (TlCanvas *self,
            cairo_t  *cr,
            gboolean  hot,
            TlRect    visible)
{
  GdkRGBA line = look_up (self, "tl_link");
  GdkRGBA accent = look_up (self, "tl_accent");

  cairo_scale (cr, self->camera.zoom, self->camera.zoom);
  cairo_translate (cr, -self->camera.x, -self->camera.y);
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < self->links->len; i++) {
      CanvasLink *link = tl_canvas_link (self, i);
      TlRect      bounds = tl_geometry_link_bounds (&link->path);
      gboolean    is_lit = (int)i == self->selected_link || tl_canvas_node (self, link->from)->is_selected || tl_canvas_node (self, link->to)->is_selected;

      bounds = (TlRect){ bounds.x - 60, bounds.y - 20, bounds.width + 120, bounds.height + 40 };
      if (is_hot (self, link) != hot || !tl_rect_overlaps (&bounds, &visible))
        continue;
      if (pass == 1) {
        draw_label (self, cr, link);
        continue;
      }
      gdk_cairo_set_source_rgba (cr, is_lit ? &accent : &line);
      cairo_set_line_width (cr, (int)i == self->selected_link ? 2.5 : 1.5);
      trace_path (cr, &link->path);
      cairo_stroke (cr);
    }
}

static void
snapshot_grid (TlCanvas    *self,
               GtkSnapshot *snapshot,
               int          width,
               int          height)
{
  float   step = (float)(TL_GRID * self->camera.zoom);
  float   x = (float)(-self->camera.x * self->camera.zoom);
  float   y = (float)(-self->camera.y * self->camera.zoom);
  GdkRGBA dot = look_up (self, "tl_grid");

  while (step < 16)
    step *= 2;
  x = fmodf (x, step);
  y = fmodf (y, step);
  gtk_snapshot_push_repeat (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float)width, (float)height),
                            &GRAPHENE_RECT_INIT (roundf (x) - step, roundf (y) - step, roundf (step), roundf (step)));
  gtk_snapshot_append_color (snapshot, &dot, &GRAPHENE_RECT_INIT (roundf (x) - step, roundf (y) - step, 1.5f, 1.5f));
  gtk_snapshot_pop (snapshot);
}

/* One rectangle for the edge that says what a node is, one for the rest. */
static void
snapshot_blocks (TlCanvas    *self,
                 GtkSnapshot *snapshot,
                 TlRect       visible)
{
  GdkRGBA fill = look_up (self, "tl_node_line");
  GdkRGBA accent = look_up (self, "tl_accent");
  GdkRGBA bad = look_up (self, "tl_bad");
  GdkRGBA edges[TL_NODE_N_EDGES];

  for (guint i = 0; i < TL_NODE_N_EDGES; i++)
    edges[i] = look_up (self, tl_node_edges[i]);
  for (guint i = 0; i < self->nodes->len; i++) {
    CanvasNode *node = tl_canvas_node (self, i);
    TlPoint     corner = tl_camera_to_widget (&self->camera, (TlPoint){ node->rect.x, node->rect.y });
    float       x = (float)round (corner.x), y = (float)round (corner.y);
    float       width = (float)(node->rect.width * self->camera.zoom), height = (float)(node->rect.height * self->camera.zoom);
    float       edge = MAX (2, (float)(5 * self->camera.zoom));

    if (!tl_rect_overlaps (&visible, &node->rect))
      continue;
    gtk_snapshot_append_color (snapshot,
                               node->is_selected                     ? &accent
                               : tl_node_view_has_error (node->view) ? &bad
                                                                     : &fill,
                               &GRAPHENE_RECT_INIT (x, y, width, height));
    gtk_snapshot_append_color (snapshot, &edges[tl_node_view_get_edge (node->view)], &GRAPHENE_RECT_INIT (x, y, edge, height));
  }
}

static TlPoint
drag_port (TlCanvas *self)
{
  CanvasNode *node = tl_canvas_node (self, (guint)self->drag_node);

  return tl_geometry_port (&node->rect, self->drag_from_output, self->drag_port,
                           self->drag_from_output ? node->n_outputs : node->n_inputs);
}

static void
draw_gesture (TlCanvas *self,
              cairo_t  *cr)
{
  GdkRGBA accent = look_up (self, "tl_accent");

  cairo_scale (cr, self->camera.zoom, self->camera.zoom);
  cairo_translate (cr, -self->camera.x, -self->camera.y);
  if (self->drag == DRAG_LINK || self->is_connecting) {
    TlPoint    port = drag_port (self);
    TlPoint    other = self->drag_now;
    int        focus = tl_canvas_focus_node (self);
    TlLinkPath path;

    if (self->drag != DRAG_LINK && focus >= 0 && focus != self->drag_node) {
      CanvasNode *node = tl_canvas_node (self, (guint)focus);

      other = tl_geometry_port (&node->rect, !self->drag_from_output, 0, 1);
    }
    tl_geometry_link (self->drag_from_output ? port : other, self->drag_from_output ? other : port, &path);
    gdk_cairo_set_source_rgba (cr, &accent);
    cairo_set_line_width (cr, 1.8);
    cairo_set_dash (cr, (const double[]){ 5, 4 }, 2, 0);
    trace_path (cr, &path);
    cairo_stroke (cr);
  } else if (self->drag == DRAG_BAND) {
    TlRect band = tl_rect_from_corners (self->drag_start, self->drag_now);

    cairo_rectangle (cr, band.x, band.y, band.width, band.height);
    gdk_cairo_set_source_rgba (cr, &(GdkRGBA){ accent.red, accent.green, accent.blue, 0.10f });
    cairo_fill_preserve (cr);
    gdk_cairo_set_source_rgba (cr, &accent);
    cairo_set_line_width (cr, 1 / self->camera.zoom);
    cairo_stroke (cr);
  }
}

void
tl_canvas_snapshot (GtkWidget   *widget,
                    GtkSnapshot *snapshot)
{
  TlCanvas       *self = TL_CANVAS (widget);
  int             width = gtk_widget_get_width (widget);
  int             height = gtk_widget_get_height (widget);
  graphene_rect_t all = GRAPHENE_RECT_INIT (0, 0, (float)width, (float)height);
  TlRect          visible = { self->camera.x, self->camera.y, width / self->camera.zoom, height / self->camera.zoom };

  if (width <= 0 || height <= 0)
    return;
  snapshot_grid (self, snapshot, width, height);
  if (self->static_links == NULL) {
    cairo_t *cr;

    self->static_links = gsk_cairo_node_new (&all);
    cr = gsk_cairo_node_get_draw_context (self->static_links);
    draw_links (self, cr, FALSE, visible);
    cairo_destroy (cr);
  }
  gtk_snapshot_append_node (snapshot, self->static_links);
  if (self->drag == DRAG_NODES) {
    cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &all);

    draw_links (self, cr, TRUE, visible);
    cairo_destroy (cr);
  }
  if (self->camera.zoom < TL_CANVAS_BLOCKS)
    snapshot_blocks (self, snapshot, visible);
  for (guint i = 0; i < self->nodes->len && self->camera.zoom >= TL_CANVAS_BLOCKS; i++)
    if (gtk_widget_get_child_visible (GTK_WIDGET (tl_canvas_node (self, i)->view)))
      gtk_widget_snapshot_child (widget, GTK_WIDGET (tl_canvas_node (self, i)->view), snapshot);
  if (self->drag == DRAG_LINK || self->drag == DRAG_BAND || self->is_connecting) {
    cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &all);

    draw_gesture (self, cr);
    cairo_destroy (cr);
  }
}
