/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Drawing curves with Cairo: pure functions of their arguments.
 *
 * A curve with more points than pixels is drawn as one vertical stroke from minimum to maximum for each pixel column, so
 * no spike is lost and the cost is that of the columns.  Colours of the curves differ in brightness, too, and curves of
 * validation have marks, so nothing hangs on colour alone.
 *
 * Thread rule: any thread.
 */

#include <pango/pangocairo.h>

#include "ui/plot/series.h"

G_BEGIN_DECLS

/** TL_PLOT_MAX_TICKS: tl_plot_ticks() gives at most this many */
#define TL_PLOT_MAX_TICKS 16

typedef struct {
  double red;
  double green;
  double blue;
} TlPlotColor;

/**
 * TlPlotCurve:
 * @series: the points
 * @label: its name in the legend
 * @color: its colour
 * @has_marks: draw a mark at each point and a thin line
 */
typedef struct {
  const TlSeries *series;
  const char     *label;
  TlPlotColor     color;
  gboolean        has_marks;
} TlPlotCurve;

/**
 * TlPlot:
 * @title: what the vertical axis shows
 * @empty: (nullable): what is said where there is no curve
 * @curves: (array length=n_curves): later ones above earlier ones
 * @x_end: right end of the horizontal axis, or 0 for that of the points
 * @ink: text
 * @faint: grid
 * @layout: (nullable): a layout whose context and font are used
 */
typedef struct {
  const char        *title;
  const char        *empty;
  const TlPlotCurve *curves;
  guint              n_curves;
  double             x_end;
  TlPlotColor        ink;
  TlPlotColor        faint;
  PangoLayout       *layout;
} TlPlot;

/**
 * tl_plot_ticks:
 * @min: lower end
 * @max: upper end
 * @wanted: about how many
 * @ticks: (array fixed-size=16) (out): round numbers in the range, steps of 1, 2 or 5 times a power of ten
 *
 * Returns: how many
 */
guint tl_plot_ticks (double min,
                     double max,
                     guint  wanted,
                     double ticks[TL_PLOT_MAX_TICKS]);

/**
 * tl_plot_range:
 * @plot: a plot
 * @min: (out): lower end of the vertical axis
 * @max: (out): upper end
 *
 * The range that shows what matters: all points but the first tenth, which may start high, and some room.
 */
void tl_plot_range (const TlPlot *plot,
                    double       *min,
                    double       *max);

/**
 * tl_plot_end:
 * @now: steps that were taken
 * @total: steps there will be
 *
 * While a training runs, the place that is free says how much is to come; at the beginning of a long one it would be nearly all.
 *
 * Returns: the right end of the horizontal axis: @total, or before a quarter of it a round number that is some way off
 */
double tl_plot_end (double now,
                    double total);

/**
 * tl_plot_draw:
 * @plot: a plot
 * @cr: where
 * @width: of the whole
 * @height: of the whole
 */
void tl_plot_draw (const TlPlot *plot,
                   cairo_t      *cr,
                   int           width,
                   int           height);

G_END_DECLS
