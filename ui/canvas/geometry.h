/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where things are on a canvas: pure functions over small values, tested without a display.
 *
 * World coordinates are pixels at zoom 1; documents write places in grid units of %TL_GRID pixels.  A camera maps world
 * to widget: `widget = (world - origin) * zoom`.
 *
 *       in   +----------------+  out
 *        o---| Conv2d         |---o     ports at half height, spread where there are several
 *            | conv1   32 3x3 |
 *            +----------------+
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/** TL_GRID: pixels of one grid unit at zoom 1 */
#define TL_GRID 32.0
/** TL_NODE_WIDTH: width of a node */
#define TL_NODE_WIDTH 128.0
/** TL_NODE_HEIGHT: height of a node with up to two ports a side */
#define TL_NODE_HEIGHT 48.0
/** TL_PORT_STEP: distance of ports */
#define TL_PORT_STEP 18.0

#define TL_ZOOM_MIN 0.2
#define TL_ZOOM_MAX 2.0

typedef struct {
  double x;
  double y;
} TlPoint;

typedef struct {
  double x;
  double y;
  double width;
  double height;
} TlRect;

typedef struct {
  double x;
  double y;
  double zoom;
} TlCamera;

/** TL_LINK_MAX_POINTS: a link has at most five pieces */
#define TL_LINK_MAX_POINTS 6

/**
 * TlLinkPath:
 * @points: for a curve the four of a cubic; for a bent line its corners
 * @n_points: their number
 * @is_curve: whether it is one cubic
 *
 * A link that goes to the right is a curve; one that goes back is a line with rounded corners between the rows.
 */
typedef struct {
  TlPoint  points[TL_LINK_MAX_POINTS];
  guint    n_points;
  gboolean is_curve;
} TlLinkPath;

TlPoint tl_camera_to_widget (const TlCamera *self,
                             TlPoint         world);
TlPoint tl_camera_to_world (const TlCamera *self,
                            TlPoint         widget);

/**
 * tl_camera_zoom_at:
 * @self: a camera
 * @widget: the place that stays where it is, in widget coordinates
 * @zoom: the new zoom; clamped
 */
void tl_camera_zoom_at (TlCamera *self,
                        TlPoint   widget,
                        double    zoom);

/**
 * tl_camera_fit:
 * @self: a camera
 * @content: what shall be seen, in world coordinates
 * @width: of the widget
 * @height: of the widget
 * @margin: around @content, in widget pixels
 * @max_zoom: largest zoom
 */
void tl_camera_fit (TlCamera     *self,
                    const TlRect *content,
                    double        width,
                    double        height,
                    double        margin,
                    double        max_zoom);

double tl_geometry_node_height (guint n_inputs,
                                guint n_outputs);

/**
 * tl_geometry_port:
 * @node: a node's rectangle
 * @is_output: which side
 * @index: which port
 * @n_ports: how many are on that side
 *
 * Returns: the middle of the port
 */
TlPoint tl_geometry_port (const TlRect *node,
                          gboolean      is_output,
                          guint         index,
                          guint         n_ports);

TlRect   tl_rect_union (const TlRect *a,
                        const TlRect *b);
gboolean tl_rect_contains (const TlRect *self,
                           TlPoint       point);
gboolean tl_rect_overlaps (const TlRect *a,
                           const TlRect *b);

/**
 * tl_rect_from_corners:
 *
 * Returns: the rectangle between two opposite corners
 */
TlRect tl_rect_from_corners (TlPoint a,
                             TlPoint b);

/**
 * tl_geometry_link:
 * @from: an output
 * @to: an input
 * @path: (out): the way between them
 */
void tl_geometry_link (TlPoint     from,
                       TlPoint     to,
                       TlLinkPath *path);

/**
 * tl_geometry_link_distance:
 *
 * Returns: how far @point is from the link
 */
double tl_geometry_link_distance (const TlLinkPath *path,
                                  TlPoint           point);

/**
 * tl_geometry_link_label:
 *
 * Returns: where the middle of a label above the link stands
 */
TlPoint tl_geometry_link_label (const TlLinkPath *path);

TlRect tl_geometry_link_bounds (const TlLinkPath *path);

/**
 * tl_geometry_hit:
 * @nodes: (array length=n_nodes): rectangles, later ones above earlier ones
 * @n_nodes: their number
 * @point: a place
 *
 * Returns: the topmost node there, or -1
 */
int tl_geometry_hit (const TlRect *nodes,
                     guint         n_nodes,
                     TlPoint       point);

/**
 * tl_geometry_neighbour:
 * @nodes: (array length=n_nodes): rectangles
 * @n_nodes: their number
 * @from: a node, or -1
 * @dx: -1 left, 1 right, else 0
 * @dy: -1 up, 1 down, else 0
 *
 * Returns: the node an arrow key goes to, or -1
 */
int tl_geometry_neighbour (const TlRect *nodes,
                           guint         n_nodes,
                           int           from,
                           int           dx,
                           int           dy);

G_END_DECLS
