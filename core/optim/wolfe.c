/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/wolfe.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

typedef struct {
  const TlWolfe *wolfe;
  TlWolfePoint   start;
  TlWolfePoint   before, now; /* the last two points; own their gradients */
  TlWolfePoint   low, high;   /* the bracket; low has the smaller value */
  gsize          n_bytes;
  guint          n_evaluations;
} Search;

static void
copy_point (const Search *self,
            TlWolfePoint *to,
            TlWolfePoint *from)
{
  double *g = to->g;

  *to = *from;
  to->g = g;
  memcpy (g, from->g, self->n_bytes);
}

static gboolean
evaluate (Search  *self,
          double   t,
          GError **error)
{
  const TlWolfe *w = self->wolfe;

  self->now.t = t;
  self->n_evaluations++;
  if (!w->evaluate (t, &self->now.f, self->now.g, w->user_data, error))
    return FALSE;
  self->now.slope = 0;
  for (gsize i = 0; i < w->n; i++)
    self->now.slope += self->now.g[i] * w->d[i];
  return TRUE;
}

/* Where the cubic through two points with their slopes is lowest, between @least and @most. */
static double
interpolate (const TlWolfePoint *a,
             const TlWolfePoint *b,
             double              least,
             double              most)
{
  double mean = a->slope + b->slope - 3 * (a->f - b->f) / (a->t - b->t);
  double square = mean * mean - a->slope * b->slope, root, t;

  if (!(square >= 0))
    return (least + most) / 2;
  root = sqrt (square);
  if (a->t <= b->t)
    t = b->t - (b->t - a->t) * ((b->slope + root - mean) / (b->slope - a->slope + 2 * root));
  else
    t = a->t - (a->t - b->t) * ((a->slope + root - mean) / (a->slope - b->slope + 2 * root));
  return MIN (MAX (t, least), most);
}

static gboolean
falls_enough (const Search       *self,
              const TlWolfePoint *point)
{
  return !(point->f > self->start.f + self->wolfe->c1 * point->t * self->start.slope);
}

static gboolean
is_flat (const Search       *self,
         const TlWolfePoint *point)
{
  return fabs (point->slope) <= -self->wolfe->c2 * self->start.slope;
}

static void
set_bracket (Search       *self,
             TlWolfePoint *a,
             TlWolfePoint *b)
{
  gboolean in_order = a->f <= b->f;

  copy_point (self, &self->low, in_order ? a : b);
  copy_point (self, &self->high, in_order ? b : a);
}

/* Goes on until a bracket is found.  Returns: FALSE on failure; @done says that the present point will do */
static gboolean
widen (Search   *self,
       guint    *n_rounds,
       gboolean *done,
       GError  **error)
{
  for (; *n_rounds < self->wolfe->max_evaluations; (*n_rounds)++) {
    double t = self->now.t;

    if (!falls_enough (self, &self->now) || (*n_rounds > 1 && self->now.f >= self->before.f)) {
      set_bracket (self, &self->before, &self->now);
      return TRUE;
    }
    if (is_flat (self, &self->now)) {
      copy_point (self, &self->low, &self->now);
      *done = TRUE;
      return TRUE;
    }
    if (self->now.slope >= 0) {
      set_bracket (self, &self->before, &self->now);
      return TRUE;
    }
    t = interpolate (&self->before, &self->now, t + 0.01 * (t - self->before.t), t * 10);
    copy_point (self, &self->before, &self->now);
    if (!evaluate (self, t, error))
      return FALSE;
  }
  set_bracket (self, &self->start, &self->now);
  return TRUE;
}

/* A point too near to an end of the bracket twice is moved away from it. */
static double
keep_away (double    t,
           double    least,
           double    most,
           gboolean *was_near)
{
  double margin = 0.1 * (most - least);

  if (!(MIN (most - t, t - least) < margin)) {
    *was_near = FALSE;
    return t;
  }
  if (!*was_near && t < most && t > least) {
    *was_near = TRUE;
    return t;
  }
  *was_near = FALSE;
  return fabs (t - most) < fabs (t - least) ? most - margin : least + margin;
}

static gboolean
narrow (Search  *self,
        guint   *n_rounds,
        double   length,
        GError **error)
{
  gboolean was_near = FALSE;

  for (gboolean done = FALSE; !done && *n_rounds < self->wolfe->max_evaluations; (*n_rounds)++) {
    double least = MIN (self->low.t, self->high.t), most = MAX (self->low.t, self->high.t), t;

    if (fabs (self->high.t - self->low.t) * length < self->wolfe->tolerance)
      return TRUE;
    t = keep_away (interpolate (&self->low, &self->high, least, most), least, most, &was_near);
    if (!evaluate (self, t, error))
      return FALSE;
    if (!falls_enough (self, &self->now) || self->now.f >= self->low.f) {
      copy_point (self, &self->high, &self->now);
      if (self->high.f < self->low.f)
        set_bracket (self, &self->high, &self->low);
      continue;
    }
    done = is_flat (self, &self->now);
    if (!done && self->now.slope * (self->high.t - self->low.t) >= 0)
      copy_point (self, &self->high, &self->low);
    copy_point (self, &self->low, &self->now);
  }
  return TRUE;
}

/**
 * tl_wolfe_search:
 * @self: what is searched
 * @t: the first step that is tried
 * @point: in: value, slope and gradient at 0; out: those at the step that was found, whose gradient is in the same memory
 * @n_evaluations: (out): how often the function was computed
 * @error: return location for an error
 *
 * Errors: what the function says
 *
 * Returns: whether the function could be computed; the best step so far is given where the conditions could not be met
 */
gboolean
tl_wolfe_search (const TlWolfe *self,
                 double         t,
                 TlWolfePoint  *point,
                 guint         *n_evaluations,
                 GError       **error)
{
  Search   search = { .wolfe = self, .start = *point, .n_bytes = self->n * sizeof (double) };
  double  *memory = self->memory;
  double   length = 0;
  guint    n_rounds = 0;
  gboolean done = FALSE, ok;

  search.start.g = memory;
  search.before.g = memory + self->n;
  search.now.g = memory + 2 * self->n;
  search.low.g = memory + 3 * self->n;
  search.high.g = memory + 4 * self->n;
  copy_point (&search, &search.start, point);
  copy_point (&search, &search.before, point);
  for (gsize i = 0; i < self->n; i++)
    length = MAX (length, fabs (self->d[i]));
  ok = evaluate (&search, t, error) && widen (&search, &n_rounds, &done, error) &&
       (done || narrow (&search, &n_rounds, length, error));
  if (ok)
    copy_point (&search, point, &search.low);
  *n_evaluations = search.n_evaluations;
  return ok;
}
