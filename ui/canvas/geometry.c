/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/geometry.h"

#include <math.h>

#define CURVE_STEPS 16
#define TURN 16.0 /* how far a bent link runs on before it turns */

TlPoint
tl_camera_to_widget (const TlCamera *self,
                     TlPoint         world)
{
  return (TlPoint){ (world.x - self->x) * self->zoom, (world.y - self->y) * self->zoom };
}

TlPoint
tl_camera_to_world (const TlCamera *self,
                    TlPoint         widget)
{
  return (TlPoint){ widget.x / self->zoom + self->x, widget.y / self->zoom + self->y };
}

void
tl_camera_zoom_at (TlCamera *self,
                   TlPoint   widget,
                   double    zoom)
{
  TlPoint world = tl_camera_to_world (self, widget);

  self->zoom = CLAMP (zoom, TL_ZOOM_MIN, TL_ZOOM_MAX);
  self->x = world.x - widget.x / self->zoom;
  self->y = world.y - widget.y / self->zoom;
}

void
tl_camera_fit (TlCamera     *self,
               const TlRect *content,
               double        width,
               double        height,
               double        margin,
               double        max_zoom)
{
  double zoom_x = (width - 2 * margin) / MAX (content->width, 1);
  double zoom_y = (height - 2 * margin) / MAX (content->height, 1);

  self->zoom = CLAMP (MIN (MIN (zoom_x, zoom_y), max_zoom), TL_ZOOM_MIN, TL_ZOOM_MAX);
  self->x = content->x + content->width / 2 - width / 2 / self->zoom;
  self->y = content->y + content->height / 2 - height / 2 / self->zoom;
}

double
tl_geometry_node_height (guint n_inputs,
                         guint n_outputs)
{
  guint n = MAX (n_inputs, n_outputs);

  return n <= 2 ? TL_NODE_HEIGHT : TL_NODE_HEIGHT + (n - 2) * TL_PORT_STEP;
}

TlPoint
tl_geometry_port (const TlRect *node,
                  gboolean      is_output,
                  guint         index,
                  guint         n_ports)
{
  double middle = node->y + node->height / 2;

  return (TlPoint){
    is_output ? node->x + node->width : node->x,
    middle + (index - (n_ports - 1) / 2.0) * TL_PORT_STEP,
  };
}

TlRect
tl_rect_union (const TlRect *a,
               const TlRect *b)
{
  double x = MIN (a->x, b->x);
  double y = MIN (a->y, b->y);

  return (TlRect){ x, y, MAX (a->x + a->width, b->x + b->width) - x, MAX (a->y + a->height, b->y + b->height) - y };
}

gboolean
tl_rect_contains (const TlRect *self,
                  TlPoint       point)
{
  return point.x >= self->x && point.x < self->x + self->width && point.y >= self->y && point.y < self->y + self->height;
}

gboolean
tl_rect_overlaps (const TlRect *a,
                  const TlRect *b)
{
  return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

TlRect
tl_rect_from_corners (TlPoint a,
                      TlPoint b)
{
  return (TlRect){ MIN (a.x, b.x), MIN (a.y, b.y), fabs (a.x - b.x), fabs (a.y - b.y) };
}

/* --- links --------------------------------------------------------------------------------------------------------------- */

void
tl_geometry_link (TlPoint     from,
                  TlPoint     to,
                  TlLinkPath *path)
{
  double distance = to.x - from.x;
  double middle;
  double reach;

  if (distance >= TURN) {
    reach = MIN (distance / 2, 24 + fabs (to.y - from.y) / 2);
    *path = (TlLinkPath){
      { from, { from.x + reach, from.y }, { to.x - reach, to.y }, to },
      4,
      TRUE,
    };
    return;
  }
  /* Backwards: out, down to the lane between the rows, back, and in; beside the nodes where both are on one level. */
  middle = fabs (to.y - from.y) > TL_NODE_HEIGHT + TURN ? (from.y + to.y) / 2
                                                        : MAX (from.y, to.y) + TL_NODE_HEIGHT / 2 + TURN;
  *path = (TlLinkPath){
    {
      from,
      { from.x + TURN, from.y },
      { from.x + TURN, middle },
      { to.x - TURN, middle },
      { to.x - TURN, to.y },
      to,
    },
    6,
    FALSE,
  };
}

static TlPoint
cubic_at (const TlPoint *p,
          double         t)
{
  double u = 1 - t;
  double a = u * u * u;
  double b = 3 * u * u * t;
  double c = 3 * u * t * t;
  double d = t * t * t;

  return (TlPoint){ a * p[0].x + b * p[1].x + c * p[2].x + d * p[3].x, a * p[0].y + b * p[1].y + c * p[2].y + d * p[3].y };
}

static double
segment_distance (TlPoint a,
                  TlPoint b,
                  TlPoint point)
{
  double dx = b.x - a.x;
  double dy = b.y - a.y;
  double length = dx * dx + dy * dy;
  double t = length > 0 ? ((point.x - a.x) * dx + (point.y - a.y) * dy) / length : 0;

  t = CLAMP (t, 0, 1);
  return hypot (point.x - a.x - t * dx, point.y - a.y - t * dy);
}

double
tl_geometry_link_distance (const TlLinkPath *path,
                           TlPoint           point)
{
  double  best = INFINITY;
  TlPoint last = path->points[0];

  if (path->is_curve) {
    for (guint i = 1; i <= CURVE_STEPS; i++) {
      TlPoint next = cubic_at (path->points, (double)i / CURVE_STEPS);

      best = MIN (best, segment_distance (last, next, point));
      last = next;
    }
    return best;
  }
  for (guint i = 1; i < path->n_points; i++) {
    best = MIN (best, segment_distance (last, path->points[i], point));
    last = path->points[i];
  }
  return best;
}

TlPoint
tl_geometry_link_label (const TlLinkPath *path)
{
  if (path->is_curve)
    return cubic_at (path->points, 0.5);
  return (TlPoint){ (path->points[2].x + path->points[3].x) / 2, path->points[2].y };
}

TlRect
tl_geometry_link_bounds (const TlLinkPath *path)
{
  TlRect bounds = { path->points[0].x, path->points[0].y, 0, 0 };

  for (guint i = 1; i < path->n_points; i++) {
    TlRect one = { path->points[i].x, path->points[i].y, 0, 0 };

    bounds = tl_rect_union (&bounds, &one);
  }
  return bounds;
}

/* --- nodes --------------------------------------------------------------------------------------------------------------- */

int
tl_geometry_hit (const TlRect *nodes,
                 guint         n_nodes,
                 TlPoint       point)
{
  for (guint i = n_nodes; i > 0; i--)
    if (tl_rect_contains (&nodes[i - 1], point))
      return (int)i - 1;
  return -1;
}

int
tl_geometry_neighbour (const TlRect *nodes,
                       guint         n_nodes,
                       int           from,
                       int           dx,
                       int           dy)
{
  int    best = -1;
  double best_cost = INFINITY;

  if (from < 0)
    return n_nodes > 0 ? 0 : -1;
  for (guint i = 0; i < n_nodes; i++) {
    double x = nodes[i].x + nodes[i].width / 2 - nodes[from].x - nodes[from].width / 2;
    double y = nodes[i].y + nodes[i].height / 2 - nodes[from].y - nodes[from].height / 2;
    double along = dx != 0 ? x * dx : y * dy;
    double across = dx != 0 ? fabs (y) : fabs (x);
    double cost = along + 2.5 * across;

    if ((int)i == from || along <= 1)
      continue;
    if (cost < best_cost) {
      best_cost = cost;
      best = (int)i;
    }
  }
  return best;
}
