/* SPDX-License-Identifier: Apache-2.0 */
#include <glib.h>
#include <math.h>

#include "ui/canvas/geometry.h"
#include "ui/canvas/layout.h"

static void
test_camera_round_trip (void)
{
  TlCamera camera = { -30, 12, 0.7 };
  TlPoint  world = { 123, -45 };
  TlPoint  back = tl_camera_to_world (&camera, tl_camera_to_widget (&camera, world));

  g_assert_cmpfloat_with_epsilon (back.x, world.x, 1e-9);
  g_assert_cmpfloat_with_epsilon (back.y, world.y, 1e-9);
}

/* The place under the pointer stays there, also where the zoom is clamped. */
static void
test_camera_zoom_at (void)
{
  const double zooms[] = { 0.01, 0.5, 1.3, 50 };

  for (guint i = 0; i < G_N_ELEMENTS (zooms); i++) {
    TlCamera camera = { 10, 20, 1 };
    TlPoint  pointer = { 200, 150 };
    TlPoint  before = tl_camera_to_world (&camera, pointer);
    TlPoint  after;

    tl_camera_zoom_at (&camera, pointer, zooms[i]);
    after = tl_camera_to_world (&camera, pointer);
    g_assert_cmpfloat_with_epsilon (after.x, before.x, 1e-9);
    g_assert_cmpfloat_with_epsilon (after.y, before.y, 1e-9);
    g_assert_cmpfloat (camera.zoom, >=, TL_ZOOM_MIN);
    g_assert_cmpfloat (camera.zoom, <=, TL_ZOOM_MAX);
  }
}

static void
test_camera_fit (void)
{
  TlCamera camera;
  TlRect   content = { -100, 50, 2000, 300 };
  TlPoint  corner, opposite;

  tl_camera_fit (&camera, &content, 800, 600, 20, 1);
  corner = tl_camera_to_widget (&camera, (TlPoint){ content.x, content.y });
  opposite = tl_camera_to_widget (&camera, (TlPoint){ content.x + content.width, content.y + content.height });
  g_assert_cmpfloat_with_epsilon (corner.x, 20, 1e-6);
  g_assert_cmpfloat_with_epsilon (opposite.x, 780, 1e-6);
  g_assert_cmpfloat_with_epsilon (corner.y + opposite.y, 600, 1e-6);
  /* What is small is not blown up. */
  tl_camera_fit (&camera, &(TlRect){ 0, 0, 10, 10 }, 800, 600, 20, 1);
  g_assert_cmpfloat (camera.zoom, ==, 1);
}

static void
test_ports (void)
{
  TlRect node = { 100, 200, TL_NODE_WIDTH, tl_geometry_node_height (4, 1) };

  for (guint i = 0; i < 4; i++) {
    TlPoint port = tl_geometry_port (&node, FALSE, i, 4);

    g_assert_cmpfloat (port.x, ==, 100);
    g_assert_cmpfloat (port.y, >, node.y);
    g_assert_cmpfloat (port.y, <, node.y + node.height);
    if (i > 0)
      g_assert_cmpfloat_with_epsilon (port.y - tl_geometry_port (&node, FALSE, i - 1, 4).y, TL_PORT_STEP, 1e-9);
  }
  g_assert_cmpfloat_with_epsilon (tl_geometry_port (&node, TRUE, 0, 1).y, node.y + node.height / 2, 1e-9);
}

static void
test_links (void)
{
  const TlPoint ends[][2] = {
    { { 0, 0 }, { 200, 0 } },
    { { 0, 0 }, { 200, 300 } },
    { { 0, 0 }, { -400, 100 } },
    { { 0, 0 }, { -400, 0 } },
    { { 0, 0 }, { 3, 0 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    TlLinkPath path;
    TlRect     bounds;

    tl_geometry_link (ends[i][0], ends[i][1], &path);
    g_assert_cmpuint (path.n_points, >=, 2);
    g_assert_cmpfloat (path.points[path.n_points - 1].x, ==, ends[i][1].x);
    g_assert_cmpfloat (path.points[path.n_points - 1].y, ==, ends[i][1].y);
    g_assert_cmpfloat (tl_geometry_link_distance (&path, ends[i][0]), <, 1e-6);
    g_assert_cmpfloat (tl_geometry_link_distance (&path, ends[i][1]), <, 1e-6);
    g_assert_cmpfloat (tl_geometry_link_distance (&path, tl_geometry_link_label (&path)), <, 1.0);
    g_assert_cmpfloat (tl_geometry_link_distance (&path, (TlPoint){ 0, 5000 }), >, 4000);
    bounds = tl_geometry_link_bounds (&path);
    g_assert_true (bounds.x <= MIN (ends[i][0].x, ends[i][1].x));
    /* A link enters its target from the left and leaves its source to the right. */
    g_assert_cmpfloat (path.points[1].x, >, path.points[0].x);
    g_assert_cmpfloat (path.points[path.n_points - 2].x, <, ends[i][1].x);
  }
}

static void
test_hit (void)
{
  const TlRect nodes[] = { { 0, 0, 100, 50 }, { 50, 20, 100, 50 } };

  g_assert_cmpint (tl_geometry_hit (nodes, 2, (TlPoint){ 10, 10 }), ==, 0);
  g_assert_cmpint (tl_geometry_hit (nodes, 2, (TlPoint){ 60, 30 }), ==, 1); /* the upper of two */
  g_assert_cmpint (tl_geometry_hit (nodes, 2, (TlPoint){ 151, 30 }), ==, -1);
  g_assert_cmpint (tl_geometry_hit (nodes, 0, (TlPoint){ 0, 0 }), ==, -1);
}

static void
test_neighbours (void)
{
  const TlRect nodes[] = { { 0, 0, 100, 50 }, { 200, 0, 100, 50 }, { 200, 100, 100, 50 }, { 0, 100, 100, 50 } };

  g_assert_cmpint (tl_geometry_neighbour (nodes, 4, 0, 1, 0), ==, 1);
  g_assert_cmpint (tl_geometry_neighbour (nodes, 4, 1, 0, 1), ==, 2);
  g_assert_cmpint (tl_geometry_neighbour (nodes, 4, 2, -1, 0), ==, 3);
  g_assert_cmpint (tl_geometry_neighbour (nodes, 4, 3, 0, -1), ==, 0);
  g_assert_cmpint (tl_geometry_neighbour (nodes, 4, 0, -1, 0), ==, -1);
  g_assert_cmpint (tl_geometry_neighbour (nodes, 4, -1, 1, 0), ==, 0);
  g_assert_cmpint (tl_geometry_neighbour (nodes, 0, -1, 1, 0), ==, -1);
}

/* --- layout -------------------------------------------------------------------------------------------------------------- */

static void
assert_apart (const TlPoint *places,
              guint          n)
{
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < i; k++) {
      TlRect a = { places[i].x * TL_GRID, places[i].y * TL_GRID, TL_NODE_WIDTH, TL_NODE_HEIGHT };
      TlRect b = { places[k].x * TL_GRID, places[k].y * TL_GRID, TL_NODE_WIDTH, TL_NODE_HEIGHT };

      g_assert_false (tl_rect_overlaps (&a, &b));
    }
}

static void
test_layout_chain (void)
{
  TlLayoutLink links[11];
  TlPoint      places[12];

  for (guint i = 0; i < 11; i++)
    links[i] = (TlLayoutLink){ i, i + 1 };
  tl_layout_place (12, links, 11, 5, places);
  assert_apart (places, 12);
  for (guint i = 0; i < 12; i++) {
    g_assert_cmpfloat (places[i].x, ==, (i % 5) * TL_LAYOUT_STEP_X);
    g_assert_cmpfloat (places[i].y, ==, places[i / 5 * 5].y); /* one row is one line */
  }
  g_assert_cmpfloat (places[5].y, >, places[4].y);
}

/* Two branches of different length that meet: whoever needs another stands to the right of it. */
static void
test_layout_branches (void)
{
  const TlLayoutLink links[] = { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 0, 3 }, { 0, 4 }, { 4, 3 } };
  TlPoint            places[5];

  tl_layout_place (5, links, G_N_ELEMENTS (links), 10, places);
  assert_apart (places, 5);
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    g_assert_cmpfloat (places[links[i].from].x, <, places[links[i].to].x);
}

static void
test_layout_odd (void)
{
  const TlLayoutLink circle[] = { { 0, 1 }, { 1, 0 }, { 1, 1 } };
  TlPoint            places[40];
  TlLayoutLink       many[200];
  g_autoptr (GRand)  random = g_rand_new_with_seed (7);

  tl_layout_place (0, NULL, 0, 3, places);
  tl_layout_place (2, circle, 3, 3, places);
  assert_apart (places, 2);
  for (guint i = 0; i < 200; i++)
    many[i] = (TlLayoutLink){ (guint)g_rand_int_range (random, 0, 40), (guint)g_rand_int_range (random, 0, 40) };
  tl_layout_place (40, many, 200, 1, places);
  assert_apart (places, 40);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ui/geometry/camera-round-trip", test_camera_round_trip);
  g_test_add_func ("/ui/geometry/camera-zoom-at", test_camera_zoom_at);
  g_test_add_func ("/ui/geometry/camera-fit", test_camera_fit);
  g_test_add_func ("/ui/geometry/ports", test_ports);
  g_test_add_func ("/ui/geometry/links", test_links);
  g_test_add_func ("/ui/geometry/hit", test_hit);
  g_test_add_func ("/ui/geometry/neighbours", test_neighbours);
  g_test_add_func ("/ui/layout/chain", test_layout_chain);
  g_test_add_func ("/ui/layout/branches", test_layout_branches);
  g_test_add_func ("/ui/layout/odd", test_layout_odd);
  return g_test_run ();
}
