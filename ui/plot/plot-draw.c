/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/plot-draw.h"

#include <math.h>

#define TOP 22
#define BOTTOM 20
#define LEFT 44
#define RIGHT 10
#define FONT_SIZE 10.5
#define MARK_RADIUS 3.0

typedef struct {
  double x0, x1, y0, y1; /* what is shown */
  double left, top, width, height;
} Frame;

guint
tl_plot_ticks (double min,
               double max,
               guint  wanted,
               double ticks[TL_PLOT_MAX_TICKS])
{
  double span = max - min;
  double step;
  double first;
  guint  n = 0;

  if (!isfinite (span) || span <= 0 || wanted == 0)
    return 0;
  step = pow (10, floor (log10 (span / wanted)));
  if (span / step > wanted * 5)
    step *= 10;
  else if (span / step > wanted * 2)
    step *= 5;
  else if (span / step > wanted)
    step *= 2;
  first = ceil (min / step - 1e-9);
  for (guint i = 0; n < TL_PLOT_MAX_TICKS; i++) {
    double tick = (first + i) * step;

    if (tick > max + step * 1e-9)
      break;
    ticks[n++] = tick == 0 ? 0 : tick;
  }
  return n;
}

void
tl_plot_range (const TlPlot *plot,
               double       *min,
               double       *max)
{
  double low = INFINITY;
  double high = -INFINITY;
  double room;

  for (guint i = 0; i < plot->n_curves; i++) {
    const TlSeries *series = plot->curves[i].series;
    gsize           n = tl_series_get_length (series);
    double          a, b;

    /* The first steps of a training may be far above all that follows. */
    if (tl_series_extremes (series, n > 40 ? n / 10 : 0, n, &a, &b)) {
      low = MIN (low, a);
      high = MAX (high, b);
    }
  }
  if (low > high) {
    low = 0;
    high = 1;
  }
  room = (high - low) * 0.06;
  if (room <= 0)
    room = MAX (fabs (high) * 0.1, 1e-6);
  *min = low >= 0 && low - room < 0 ? 0 : low - room;
  *max = high + room;
}

double
tl_plot_end (double now,
             double total)
{
  static const double steps[] = { 1, 2, 5, 10 };
  double              wanted = MAX (now * 1.6, 20);
  double              unit = pow (10, floor (log10 (wanted)));

  if (!(total > 0) || now * 4 >= total)
    return total;
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (steps[i] * unit >= wanted)
      return MIN (steps[i] * unit, total);
  return total;
}

/* --- text ------------------------------------------------------------------------------------------------------------------ */

static void
set_color (cairo_t           *cr,
           const TlPlotColor *color,
           double             alpha)
{
  cairo_set_source_rgba (cr, color->red, color->green, color->blue, alpha);
}

static double
measure_text (PangoLayout *layout,
              const char  *text)
{
  int width;

  pango_layout_set_text (layout, text, -1);
  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

static double
draw_text (cairo_t     *cr,
           PangoLayout *layout,
           const char  *text,
           double       x,
           double       y,
           double       align)
{
  int width, height;

  pango_layout_set_text (layout, text, -1);
  pango_layout_get_pixel_size (layout, &width, &height);
  cairo_move_to (cr, round (x - align * width), round (y - height / 2.0));
  pango_cairo_show_layout (cr, layout);
  return width;
}

static char *
format_tick (const double *ticks,
             guint         n_ticks,
             guint         index)
{
  double value = ticks[index];
  double size = fabs (value);
  double step = n_ticks > 1 ? ticks[1] - ticks[0] : size > 0 ? pow (10, floor (log10 (size)) - 1)
                                                             : 1;

  if (size >= 1e6)
    return g_strdup_printf ("%gM", value / 1e6);
  if (size >= 1e4)
    return g_strdup_printf ("%gk", value / 1e3);
  if (size > 0 && size < 1e-4)
    return g_strdup_printf ("%.0e", value);
  return g_strdup_printf ("%.*f", CLAMP ((int)ceil (-log10 (step) - 1e-9), 0, 6), value);
}

static void
draw_axes (const TlPlot *plot,
           cairo_t      *cr,
           PangoLayout  *layout,
           const Frame  *f)
{
  double ticks[TL_PLOT_MAX_TICKS];
  guint  n = tl_plot_ticks (f->y0, f->y1, (guint)CLAMP (f->height / 28, 3, 7), ticks);

  cairo_set_line_width (cr, 1);
  for (guint i = 0; i < n; i++) {
    double           y = f->top + f->height * (1 - (ticks[i] - f->y0) / (f->y1 - f->y0));
    g_autofree char *text = format_tick (ticks, n, i);

    set_color (cr, &plot->faint, 1);
    cairo_move_to (cr, f->left, round (y) + 0.5);
    cairo_line_to (cr, f->left + f->width, round (y) + 0.5);
    cairo_stroke (cr);
    set_color (cr, &plot->ink, 0.75);
    draw_text (cr, layout, text, f->left - 6, y, 1);
  }
  n = tl_plot_ticks (f->x0, f->x1, (guint)CLAMP (f->width / 70, 2, 8), ticks);
  for (guint i = 0; i < n; i++) {
    double           x = f->left + f->width * (ticks[i] - f->x0) / (f->x1 - f->x0);
    g_autofree char *text = format_tick (ticks, n, i);

    set_color (cr, &plot->ink, 0.75);
    draw_text (cr, layout, text, x, f->top + f->height + BOTTOM / 2.0 + 1, 0.5);
  }
}

static void
draw_legend (const TlPlot *plot,
             cairo_t      *cr,
             PangoLayout  *layout,
             const Frame  *f)
{
  double x = f->left + f->width;
  double room;

  set_color (cr, &plot->ink, 1);
  room = f->left + draw_text (cr, layout, plot->title, f->left, TOP / 2.0, 0) + 16;
  for (guint i = plot->n_curves; i > 0; i--) {
    const TlPlotCurve *curve = &plot->curves[i - 1];

    if (curve->label == NULL)
      continue;
    /* Rather no name than one across another. */
    if (x - 24 - measure_text (layout, curve->label) < room)
      return;
    set_color (cr, &plot->ink, 0.85);
    x -= draw_text (cr, layout, curve->label, x, TOP / 2.0, 1) + 5;
    set_color (cr, &curve->color, 1);
    if (curve->has_marks) {
      cairo_arc (cr, x - 6, TOP / 2.0, MARK_RADIUS, 0, 2 * G_PI);
      cairo_fill (cr);
    } else {
      cairo_rectangle (cr, x - 12, TOP / 2.0 - 1, 12, 2);
      cairo_fill (cr);
    }
    x -= 24;
  }
}

/* --- curves ---------------------------------------------------------------------------------------------------------------- */

static double
map_x (const Frame *f,
       double       x)
{
  return f->left + f->width * (x - f->x0) / (f->x1 - f->x0);
}

static double
map_y (const Frame *f,
       double       y)
{
  return f->top + f->height * (1 - (y - f->y0) / (f->y1 - f->y0));
}

/* Few points: a line through all of them, interrupted where a value is not finite. */
static void
trace_points (cairo_t        *cr,
              const TlSeries *series,
              const Frame    *f)
{
  const TlSeriesPoint *points = tl_series_get_points (series);
  gboolean             is_down = FALSE;

  for (gsize i = 0; i < tl_series_get_length (series); i++) {
    if (!isfinite (points[i].y)) {
      is_down = FALSE;
      continue;
    }
    if (is_down)
      cairo_line_to (cr, map_x (f, points[i].x), map_y (f, points[i].y));
    else
      cairo_move_to (cr, map_x (f, points[i].x), map_y (f, points[i].y));
    is_down = TRUE;
  }
}

/* Many points: for each column the stroke from its minimum to its maximum, joined to the next. */
static void
trace_columns (cairo_t        *cr,
               const TlSeries *series,
               const Frame    *f)
{
  gsize    first = tl_series_find (series, f->x0);
  gboolean is_down = FALSE;

  for (int column = 0; column < (int)f->width; column++) {
    gsize  end = tl_series_find (series, f->x0 + (f->x1 - f->x0) * (column + 1) / f->width);
    double min, max;

    if (tl_series_extremes (series, first, end, &min, &max)) {
      double x = f->left + column + 0.5;

      if (is_down)
        cairo_line_to (cr, x, map_y (f, max));
      else
        cairo_move_to (cr, x, map_y (f, max));
      cairo_line_to (cr, x, map_y (f, min));
      is_down = TRUE;
    }
    first = end;
  }
}

/* The mean over a window around each place, in a stronger stroke: what the noise of single steps hides. */
static void
trace_mean (cairo_t        *cr,
            const TlSeries *series,
            const Frame    *f)
{
  const TlSeriesPoint *points = tl_series_get_points (series);
  gsize                n = tl_series_get_length (series);
  gsize                half = MAX (2, n / 50);
  gsize                stride = MAX (1, n / (gsize)MAX (f->width * 2, 1));
  gsize                first = 0;
  gsize                end = 0;
  gsize                n_in = 0;
  double               sum = 0;

  for (gsize i = 0; i < n; i += stride) {
    /* The window is as wide on both sides, so the mean lags behind nothing. */
    gsize reach = MIN (half, MIN (i, n - 1 - i));

    for (; end < n && end <= i + reach; end++)
      if (isfinite (points[end].y)) {
        sum += points[end].y;
        n_in++;
      }
    for (; end > i + reach + 1; end--)
      if (isfinite (points[end - 1].y)) {
        sum -= points[end - 1].y;
        n_in--;
      }
    for (; first < i - reach; first++)
      if (isfinite (points[first].y)) {
        sum -= points[first].y;
        n_in--;
      }
    if (n_in > 0)
      cairo_line_to (cr, map_x (f, points[i].x), map_y (f, sum / (double)n_in));
  }
}

static void
draw_marks (cairo_t        *cr,
            const TlSeries *series,
            const Frame    *f)
{
  const TlSeriesPoint *points = tl_series_get_points (series);

  for (gsize i = 0; i < tl_series_get_length (series); i++) {
    if (!isfinite (points[i].y))
      continue;
    cairo_arc (cr, map_x (f, points[i].x), map_y (f, points[i].y), MARK_RADIUS, 0, 2 * G_PI);
    cairo_fill (cr);
  }
}

static void
draw_curve (cairo_t           *cr,
            const TlPlotCurve *curve,
            const Frame       *f)
{
  gsize    n = tl_series_get_length (curve->series);
  gboolean has_marks;
  double   last;

  if (n == 0)
    return;
  /* Marks that touch one another say nothing that a line would not. */
  last = map_x (f, tl_series_get_points (curve->series)[n - 1].x) - f->left;
  has_marks = n == 1 || (curve->has_marks && (double)n * MARK_RADIUS * 2.5 < MAX (last, 40));
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_width (cr, has_marks ? 1.2 : n > 60 ? 1
                                                     : 1.6);
  set_color (cr, &curve->color, n > 60 && !has_marks ? 0.38 : 1);
  if (n > 2 * f->width)
    trace_columns (cr, curve->series, f);
  else
    trace_points (cr, curve->series, f);
  cairo_stroke (cr);
  if (n > 60 && !has_marks) {
    set_color (cr, &curve->color, 1);
    cairo_set_line_width (cr, 1.8);
    trace_mean (cr, curve->series, f);
    cairo_stroke (cr);
  }
  if (has_marks)
    draw_marks (cr, curve->series, f);
}

void
tl_plot_draw (const TlPlot *plot,
              cairo_t      *cr,
              int           width,
              int           height)
{
  g_autoptr (PangoLayout)   layout = plot->layout != NULL ? pango_layout_copy (plot->layout) : pango_cairo_create_layout (cr);
  g_autoptr (PangoAttrList) attrs = pango_attr_list_new ();
  Frame                     f = { 0, plot->x_end, 0, 1, LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM };

  if (f.width < 20 || f.height < 20)
    return;
  pango_attr_list_insert (attrs, pango_attr_size_new_absolute ((int)(FONT_SIZE * PANGO_SCALE)));
  pango_attr_list_insert (attrs, pango_attr_font_features_new ("tnum"));
  pango_layout_set_attributes (layout, attrs);
  for (guint i = 0; i < plot->n_curves; i++) {
    const TlSeries *series = plot->curves[i].series;
    gsize           n = tl_series_get_length (series);

    if (n > 0)
      f.x1 = MAX (f.x1, tl_series_get_points (series)[n - 1].x);
  }
  if (f.x1 <= 0)
    f.x1 = 1;
  if (plot->n_curves == 0 && plot->empty != NULL) {
    draw_legend (plot, cr, layout, &f);
    set_color (cr, &plot->ink, 0.6);
    draw_text (cr, layout, plot->empty, f.left + f.width / 2, f.top + f.height / 2, 0.5);
    return;
  }
  tl_plot_range (plot, &f.y0, &f.y1);
  draw_axes (plot, cr, layout, &f);
  draw_legend (plot, cr, layout, &f);
  cairo_save (cr);
  cairo_rectangle (cr, f.left - MARK_RADIUS, f.top - 1, f.width + 2 * MARK_RADIUS, f.height + 2);
  cairo_clip (cr);
  for (guint i = 0; i < plot->n_curves; i++)
    draw_curve (cr, &plot->curves[i], &f);
  cairo_restore (cr);
}
