/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A curve that grows: points appended with rising x, and a pyramid of minima and maxima over them.
 *
 *     level 0   the points                          x y | x y | x y …
 *     level 1   one entry for each 32 points        min max
 *     level 2   one entry for each 32 of level 1    min max …
 *
 * Asking for the extremes of a range touches at most about 64 entries of each level, so drawing a curve of ten million
 * points costs what its columns on the screen cost.  Points that are not finite are counted and have no extremes.
 *
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TlSeries TlSeries;

/**
 * TlSeriesPoint:
 * @x: rises from point to point
 * @y: the value
 */
typedef struct {
  double x;
  double y;
} TlSeriesPoint;

TlSeries *tl_series_new (void);
void      tl_series_free (TlSeries *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlSeries, tl_series_free)

/**
 * tl_series_append:
 * @self: a series
 * @x: not less than that of the last point; a smaller one is ignored
 * @y: the value; any double
 */
void tl_series_append (TlSeries *self,
                       double    x,
                       double    y);
void tl_series_clear (TlSeries *self);

gsize tl_series_get_length (const TlSeries *self);

/**
 * tl_series_get_points:
 *
 * Returns: (array) (transfer none): the points, valid until the next append
 */
const TlSeriesPoint *tl_series_get_points (const TlSeries *self);

/**
 * tl_series_get_n_bad:
 *
 * Returns: how many points are not finite
 */
gsize tl_series_get_n_bad (const TlSeries *self);

/**
 * tl_series_find:
 * @self: a series
 * @x: a place
 *
 * Returns: index of the first point whose x is at least @x, or the length
 */
gsize tl_series_find (const TlSeries *self,
                      double          x);

/**
 * tl_series_extremes:
 * @self: a series
 * @first: first point
 * @end: behind the last point
 * @min: (out): smallest finite value
 * @max: (out): largest finite value
 *
 * Returns: whether there is a finite value in the range
 */
gboolean tl_series_extremes (const TlSeries *self,
                             gsize           first,
                             gsize           end,
                             double         *min,
                             double         *max);

G_END_DECLS
