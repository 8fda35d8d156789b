/* SPDX-License-Identifier: Apache-2.0 */
#include "app/runs/curves.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>

#include "core/base/error.h"

#define WIDTH 960
#define HEIGHT 540
#define LEFT 64
#define RIGHT 24
#define TOP 56
#define BOTTOM 44
#define GAP 40

/* Okabe & Ito 2008: told apart by everyone. */
static const double palette[][3] = {
  { 0.00, 0.45, 0.70 },
  { 0.84, 0.37, 0.00 },
  { 0.00, 0.62, 0.45 },
  { 0.80, 0.47, 0.65 },
  { 0.34, 0.71, 0.91 },
  { 0.90, 0.62, 0.00 },
};

typedef struct {
  double   x, y, width, height;
  double   x_low, x_high, y_low, y_high;
  gboolean is_score;
} Panel;

/**
 * tl_curve_new:
 * @name: as the legend shows it
 * @is_score: whether it is a score and not a loss
 * @is_dashed: whether it is of the validation set
 *
 * Returns: (transfer full): a curve without points
 */
TlCurve *
tl_curve_new (const char *name,
              gboolean    is_score,
              gboolean    is_dashed)
{
  TlCurve *self = g_new0 (TlCurve, 1);

  self->name = g_strdup (name);
  self->x = g_array_new (FALSE, FALSE, sizeof (double));
  self->y = g_array_new (FALSE, FALSE, sizeof (double));
  self->is_score = is_score;
  self->is_dashed = is_dashed;
  return self;
}

/**
 * tl_curve_free:
 * @self: (transfer full): a curve
 */
void
tl_curve_free (TlCurve *self)
{
  g_free (self->name);
  g_array_unref (self->x);
  g_array_unref (self->y);
  g_free (self);
}

/**
 * tl_curve_add:
 * @self: a curve
 * @x: a step, not before the last one
 * @y: its value
 */
void
tl_curve_add (TlCurve *self,
              double   x,
              double   y)
{
  g_array_append_val (self->x, x);
  g_array_append_val (self->y, y);
}

/* 1, 2 or 5 times a power of ten, for about @n marks. */
static double
nice_step (double range,
           guint  n)
{
  double raw = range / n;
  double power = pow (10, floor (log10 (raw)));
  double lead = raw / power;

  return (lead <= 1 ? 1 : lead <= 2 ? 2
                        : lead <= 5 ? 5
                                    : 10) *
         power;
}

static void
find_range (GPtrArray *curves,
            Panel     *panel)
{
  panel->x_low = panel->y_low = INFINITY;
  panel->x_high = panel->y_high = -INFINITY;
  for (guint i = 0; i < curves->len; i++) {
    const TlCurve *curve = curves->pdata[i];

    for (guint j = 0; j < curve->x->len; j++) {
      double x = g_array_index (curve->x, double, j), y = g_array_index (curve->y, double, j);

      panel->x_low = MIN (panel->x_low, x);
      panel->x_high = MAX (panel->x_high, x);
      if (curve->is_score != panel->is_score || !isfinite (y))
        continue;
      panel->y_low = MIN (panel->y_low, y);
      panel->y_high = MAX (panel->y_high, y);
    }
  }
  if (!(panel->x_high > panel->x_low))
    panel->x_high = panel->x_low + 1;
  if (!(panel->y_high > panel->y_low)) {
    panel->y_low -= 0.5;
    panel->y_high += 0.5;
  } else {
    double margin = (panel->y_high - panel->y_low) * 0.05;

    panel->y_high += margin;
    panel->y_low = panel->is_score || panel->y_low - margin < 0 ? MAX (panel->y_low - margin, 0) : panel->y_low - margin;
  }
}

static void
show_text (cairo_t    *cr,
           double      x,
           double      y,
           double      align,
           const char *text)
{
  cairo_text_extents_t extents;

  cairo_text_extents (cr, text, &extents);
  cairo_move_to (cr, x - align * extents.x_advance, y);
  cairo_show_text (cr, text);
}

static double
to_x (const Panel *panel,
      double       x)
{
  return panel->x + (x - panel->x_low) / (panel->x_high - panel->x_low) * panel->width;
}

static double
to_y (const Panel *panel,
      double       y)
{
  return panel->y + (panel->y_high - y) / (panel->y_high - panel->y_low) * panel->height;
}

static void
draw_axes (cairo_t     *cr,
           const Panel *panel,
           const char  *label)
{
  double x_step = nice_step (panel->x_high - panel->x_low, 8), y_step = nice_step (panel->y_high - panel->y_low, 5);
  char   text[32];

  cairo_set_line_width (cr, 1);
  cairo_set_font_size (cr, 12);
  for (double y = ceil (panel->y_low / y_step) * y_step; y <= panel->y_high; y += y_step) {
    double at = floor (to_y (panel, y)) + 0.5;

    cairo_set_source_rgb (cr, 0.90, 0.90, 0.91);
    cairo_move_to (cr, panel->x, at);
    cairo_line_to (cr, panel->x + panel->width, at);
    cairo_stroke (cr);
    cairo_set_source_rgb (cr, 0.40, 0.40, 0.43);
    g_ascii_formatd (text, sizeof text, "%.4g", fabs (y) < y_step * 1e-9 ? 0 : y);
    show_text (cr, panel->x - 8, at + 4, 1, text);
  }
  for (double x = ceil (panel->x_low / x_step) * x_step; x <= panel->x_high; x += x_step) {
    g_ascii_formatd (text, sizeof text, "%.6g", x);
    show_text (cr, to_x (panel, x), panel->y + panel->height + 18, 0.5, text);
  }
  cairo_set_source_rgb (cr, 0.25, 0.25, 0.28);
  show_text (cr, panel->x, panel->y - 10, 0, label);
}

/* Each column of pixels shows its lowest and highest value, so the picture does not depend on how many points there are. */
static void
draw_curve (cairo_t       *cr,
            const Panel   *panel,
            const TlCurve *curve)
{
  double   low = INFINITY, high = -INFINITY;
  gint     column = -1;
  gboolean pen_down = FALSE;

  for (guint i = 0; i <= curve->x->len; i++) {
    double x = i < curve->x->len ? to_x (panel, g_array_index (curve->x, double, i)) : INFINITY;
    double y = i < curve->y->len ? g_array_index (curve->y, double, i) : NAN;
    gint   here = i < curve->x->len ? (gint)floor (x * 2) : G_MAXINT;

    if (here != column && low <= high) {
      double at = column / 2.0 + 0.25;

      if (pen_down)
        cairo_line_to (cr, at, to_y (panel, low));
      else
        cairo_move_to (cr, at, to_y (panel, low));
      if (high > low)
        cairo_line_to (cr, at, to_y (panel, high));
      pen_down = TRUE;
      low = INFINITY;
      high = -INFINITY;
    }
    column = here;
    if (isfinite (y)) {
      low = MIN (low, y);
      high = MAX (high, y);
    } else {
      pen_down = FALSE;
    }
  }
  if (curve->is_dashed)
    cairo_set_dash (cr, (const double[]){ 6, 4 }, 2, 0);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  /* Few points are marked, so that one epoch is not an invisible line. */
  for (guint i = 0; i < curve->x->len && curve->x->len <= 60; i++)
    if (isfinite (g_array_index (curve->y, double, i))) {
      cairo_arc (cr, to_x (panel, g_array_index (curve->x, double, i)),
                 to_y (panel, g_array_index (curve->y, double, i)), 3, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_panel (cairo_t   *cr,
            GPtrArray *curves,
            Panel     *panel)
{
  double legend = panel->x + panel->width;

  find_range (curves, panel);
  draw_axes (cr, panel, panel->is_score ? "score" : "loss");
  cairo_set_line_width (cr, 1.75);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (guint i = 0, k = 0; i < curves->len; i++) {
    const TlCurve       *curve = curves->pdata[i];
    const double        *colour = palette[k % G_N_ELEMENTS (palette)];
    cairo_text_extents_t extents;

    if (curve->is_score != panel->is_score || curve->x->len == 0)
      continue;
    cairo_set_source_rgb (cr, colour[0], colour[1], colour[2]);
    draw_curve (cr, panel, curve);
    cairo_text_extents (cr, curve->name, &extents);
    legend -= extents.x_advance;
    cairo_move_to (cr, legend, panel->y - 10);
    cairo_show_text (cr, curve->name);
    legend -= 20;
    k++;
  }
}

static void
draw (cairo_t    *cr,
      GPtrArray  *curves,
      const char *title)
{
  gboolean has_scores = FALSE;
  double   room = HEIGHT - TOP - BOTTOM;
  Panel    panel = { .x = LEFT, .y = TOP, .width = WIDTH - LEFT - RIGHT };

  for (guint i = 0; i < curves->len; i++)
    has_scores = has_scores || (((TlCurve *)curves->pdata[i])->is_score && ((TlCurve *)curves->pdata[i])->x->len > 0);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  cairo_select_font_face (cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
  cairo_set_font_size (cr, 15);
  cairo_set_source_rgb (cr, 0.14, 0.14, 0.16);
  show_text (cr, LEFT, 26, 0, title);
  cairo_select_font_face (cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  panel.height = has_scores ? (room - GAP) * 0.58 : room;
  draw_panel (cr, curves, &panel);
  if (!has_scores)
    return;
  panel.y += panel.height + GAP + 10;
  panel.height = room - panel.height - GAP - 10;
  panel.is_score = TRUE;
  draw_panel (cr, curves, &panel);
}

/**
 * tl_curves_write:
 * @curves: (element-type TlCurve): the curves
 * @title: what stands above them
 * @path: a file ending in ".png" or ".svg"
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether the picture was written
 */
gboolean
tl_curves_write (GPtrArray  *curves,
                 const char *title,
                 const char *path,
                 GError    **error)
{
  gboolean         is_svg = g_str_has_suffix (path, ".svg");
  cairo_surface_t *surface = is_svg ? cairo_svg_surface_create (path, WIDTH, HEIGHT)
                                    : cairo_image_surface_create (CAIRO_FORMAT_RGB24, 2 * WIDTH, 2 * HEIGHT);
  cairo_t         *cr = cairo_create (surface);
  cairo_status_t   status;

  if (!is_svg)
    cairo_scale (cr, 2, 2);
  draw (cr, curves, title);
  status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS && !is_svg)
    status = cairo_surface_write_to_png (surface, path);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", path, cairo_status_to_string (status));
  return FALSE;
}
