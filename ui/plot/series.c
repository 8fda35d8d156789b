/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/series.h"

#include <math.h>

#define FAN 32
#define MAX_LEVELS 8

typedef struct {
  double min; /* +inf and -inf where there is no finite value */
  double max;
} Extremes;

struct _TlSeries {
  GArray *points;             /* of TlSeriesPoint */
  GArray *levels[MAX_LEVELS]; /* of Extremes; levels[k] covers FAN^(k+1) points an entry, the last one incomplete */
  gsize   n_bad;
};

static const Extremes nothing = { INFINITY, -INFINITY };

TlSeries *
tl_series_new (void)
{
  TlSeries *self = g_new0 (TlSeries, 1);

  self->points = g_array_new (FALSE, FALSE, sizeof (TlSeriesPoint));
  for (guint k = 0; k < MAX_LEVELS; k++)
    self->levels[k] = g_array_new (FALSE, FALSE, sizeof (Extremes));
  return self;
}

void
tl_series_free (TlSeries *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->points);
  for (guint k = 0; k < MAX_LEVELS; k++)
    g_array_unref (self->levels[k]);
  g_free (self);
}

void
tl_series_clear (TlSeries *self)
{
  g_return_if_fail (self != NULL);

  g_array_set_size (self->points, 0);
  for (guint k = 0; k < MAX_LEVELS; k++)
    g_array_set_size (self->levels[k], 0);
  self->n_bad = 0;
}

static void
widen (Extremes *extremes,
       double    min,
       double    max)
{
  extremes->min = MIN (extremes->min, min);
  extremes->max = MAX (extremes->max, max);
}

void
tl_series_append (TlSeries *self,
                  double    x,
                  double    y)
{
  TlSeriesPoint point = { x, y };
  gsize         index;

  g_return_if_fail (self != NULL);

  index = self->points->len;
  if (isnan (x) || (index > 0 && x < g_array_index (self->points, TlSeriesPoint, index - 1).x))
    return;
  g_array_append_val (self->points, point);
  if (!isfinite (y))
    self->n_bad++;
  for (guint k = 0; k < MAX_LEVELS; k++) {
    index /= FAN;
    if (index == self->levels[k]->len)
      g_array_append_val (self->levels[k], nothing);
    if (isfinite (y))
      widen (&g_array_index (self->levels[k], Extremes, index), y, y);
  }
}

gsize
tl_series_get_length (const TlSeries *self)
{
  return self->points->len;
}

const TlSeriesPoint *
tl_series_get_points (const TlSeries *self)
{
  return (const TlSeriesPoint *)(gpointer)self->points->data;
}

gsize
tl_series_get_n_bad (const TlSeries *self)
{
  return self->n_bad;
}

gsize
tl_series_find (const TlSeries *self,
                double          x)
{
  const TlSeriesPoint *points = tl_series_get_points (self);
  gsize                low = 0;
  gsize                high = self->points->len;

  while (low < high) {
    gsize middle = low + (high - low) / 2;

    if (points[middle].x < x)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The extremes of [first, end) of level @level - 1, whose entries level @level sums up. */
static void
scan (const TlSeries *self,
      guint           level,
      gsize           first,
      gsize           end,
      Extremes       *result)
{
  for (gsize i = first; i < end; i++) {
    if (level == 0) {
      double y = tl_series_get_points (self)[i].y;

      if (isfinite (y))
        widen (result, y, y);
    } else {
      const Extremes *entry = &g_array_index (self->levels[level - 1], Extremes, i);

      widen (result, entry->min, entry->max);
    }
  }
}

gboolean
tl_series_extremes (const TlSeries *self,
                    gsize           first,
                    gsize           end,
                    double         *min,
                    double         *max)
{
  Extremes result = nothing;
  guint    level = 0;

  g_return_val_if_fail (self != NULL, FALSE);

  end = MIN (end, self->points->len);
  /* Ragged edges at this level, the whole groups between them one level up. */
  while (first < end) {
    gsize inner_first = (first + FAN - 1) / FAN;
    gsize inner_end = end / FAN;

    if (level == MAX_LEVELS || inner_first >= inner_end) {
      scan (self, level, first, end, &result);
      break;
    }
    scan (self, level, first, inner_first * FAN, &result);
    scan (self, level, inner_end * FAN, end, &result);
    first = inner_first;
    end = inner_end;
    level++;
  }
  if (result.min > result.max)
    return FALSE;
  *min = result.min;
  *max = result.max;
  return TRUE;
}
