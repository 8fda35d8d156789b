/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/ctc.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/*
 * The forward recursion over the letters with blanks around them, in logarithms:
 *
 *     alpha[t, s] = log sum exp of alpha[t - 1, s], alpha[t - 1, s - 1] and, where letter s is no blank and differs from letter s - 2,
 *                   alpha[t - 1, s - 2], plus x[t, letter s]
 *
 * and the same from the end for the gradient.  An example is a tile.
 */

/* What a thread needs: letters, two rows, and for the gradient all rows of alpha. */
typedef struct {
  int64_t *letters;
  double  *alpha, *beta, *next;
} Room;

typedef struct {
  int64_t n_places, steps; /* of this example; no places: it has no loss */
  Room    room;
} Example;

static size_t
places_of (const TlCtcArgs *args)
{
  return (size_t)(2 * args->longest + 1);
}

static void
measure (const void *args_, TlWork *work)
{
  const TlCtcArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)args->n }, .scratch = 3 * places_of (args) * sizeof (double) };
}

static void
measure_grad (const void *args_, TlWork *work)
{
  const TlCtcArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)args->n }, .scratch = (size_t)(args->steps + 3) * places_of (args) * sizeof (double) };
}

static double
element (const TlCtcArgs *args, const void *x, int64_t t, int64_t i, int64_t letter)
{
  int64_t at = (t * args->n + i) * args->classes + letter;

  return args->dtype == TL_DTYPE_F32 ? (double)((const float *)x)[at] : ((const double *)x)[at];
}

/* Where nothing is added to nothing, NaN stays. */
static double
add_logs (double a, double b)
{
  double most = a > b ? a : b;

  return most == -INFINITY ? a + b : most + log (exp (a - most) + exp (b - most));
}

static double
add_three (double a, double b, double c)
{
  double most = a > b ? a : b;

  most = c > most ? c : most;
  return most == -INFINITY ? a + b + c : most + log (exp (a - most) + exp (b - most) + exp (c - most));
}

static bool
is_skip (const Example *self, int64_t s, int64_t blank)
{
  const int64_t *letters = self->room.letters;

  return s >= 2 && letters[s] != blank && letters[s] != letters[s - 2];
}

/* Letters of example @i with blanks around them. */
static void
begin (const TlCtcArgs *args, const int64_t *targets, const int64_t *input_lengths, const int64_t *target_lengths, int64_t i, TlIndexError *error, void *scratch, Example *self)
{
  int64_t n = target_lengths[i], steps = input_lengths[i];
  size_t  places = places_of (args);

  self->room = (Room){ scratch, (double *)scratch + 3 * places, (double *)scratch + places, (double *)scratch + 2 * places };
  self->steps = steps < 1 ? 1 : steps > args->steps ? args->steps
                                                    : steps;
  self->n_places = 0;
  if (n < 0 || n > args->longest) {
    if (error)
      tl_index_tell_error (error, i, n, args->longest + 1);
    return;
  }
  for (int64_t s = 0; s < 2 * n + 1; s++) {
    int64_t given = s % 2 ? targets[i * args->longest + s / 2] : args->blank, letter = given < 0 ? given + args->classes : given;

    if (letter < 0 || letter >= args->classes) {
      if (error)
        tl_index_tell_error (error, i * args->longest + s / 2, given, args->classes);
      return;
    }
    self->room.letters[s] = letter;
  }
  self->n_places = 2 * n + 1;
}

/* @row of step @t from that of the step before; both may be the same memory. */
static void
advance (const TlCtcArgs *args, const Example *self, const void *x, int64_t i, int64_t t, const double *before, double *row)
{
  for (int64_t s = self->n_places - 1; s >= 0; s--) {
    double sum;

    if (t == 0)
      sum = s < 2 ? 0 : -INFINITY;
    else
      sum = add_three (before[s], s > 0 ? before[s - 1] : -INFINITY, is_skip (self, s, args->blank) ? before[s - 2] : -INFINITY);
    row[s] = sum + element (args, x, t, i, self->room.letters[s]);
  }
}

/* The logarithm of the probability, of the last row. */
static double
finish (const Example *self, const double *row)
{
  int64_t n = self->n_places;

  return n > 1 ? add_logs (row[n - 1], row[n - 2]) : row[0];
}

static void
store (const TlCtcArgs *args, void *y, int64_t at, double value)
{
  if (args->dtype == TL_DTYPE_F32)
    ((float *)y)[at] = (float)value;
  else
    ((double *)y)[at] = value;
}

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlCtcArgs *args = args_;
  int64_t          i = (int64_t)tile;
  Example          self;

  begin (args, data[1], data[2], data[3], i, data[5], scratch, &self);
  for (int64_t t = 0; t < self.steps && self.n_places > 0; t++)
    advance (args, &self, data[0], i, t, self.room.next, self.room.next);
  store (args, data[4], i, self.n_places > 0 ? -finish (&self, self.room.next) : INFINITY);
}

/* What follows each place behind step @t: @beta of step t + 1, each with its own x, becomes that of step @t without. */
static void
go_back (const TlCtcArgs *args, const Example *self, const void *x, int64_t i, int64_t t)
{
  double *beta = self->room.beta, *next = self->room.next;
  int64_t n = self->n_places;

  if (t + 1 == self->steps) {
    for (int64_t s = 0; s < n; s++)
      beta[s] = s >= n - 2 ? 0 : -INFINITY;
    return;
  }
  for (int64_t s = 0; s < n; s++)
    next[s] = beta[s] + element (args, x, t + 1, i, self->room.letters[s]);
  for (int64_t s = 0; s < n; s++)
    beta[s] = add_three (next[s], s + 1 < n ? next[s + 1] : -INFINITY, s + 2 < n && is_skip (self, s + 2, args->blank) ? next[s + 2] : -INFINITY);
}

static void
clear_rows (const TlCtcArgs *args, void *dx, int64_t i)
{
  size_t size = args->dtype == TL_DTYPE_F32 ? sizeof (float) : sizeof (double), bytes = (size_t)args->classes * size;

  for (int64_t t = 0; t < args->steps; t++)
    memset ((char *)dx + (size_t)(t * args->n + i) * bytes, 0, bytes);
}

/* -dloss exp (alpha + beta - log p) at each letter, in the order of places. */
static void
run_grad (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlCtcArgs *args = args_;
  const void      *x = data[1];
  int64_t          i = (int64_t)tile;
  size_t           places = places_of (args);
  bool             is_f32 = args->dtype == TL_DTYPE_F32;
  double           dloss = is_f32 ? (double)((const float *)data[0])[i] : ((const double *)data[0])[i], log_p;
  Example          self;

  clear_rows (args, data[5], i);
  begin (args, data[2], data[3], data[4], i, NULL, scratch, &self);
  if (self.n_places == 0)
    return;
  for (int64_t t = 0; t < self.steps; t++)
    advance (args, &self, x, i, t, self.room.alpha + (size_t)(t > 0 ? t - 1 : 0) * places, self.room.alpha + (size_t)t * places);
  log_p = finish (&self, self.room.alpha + (size_t)(self.steps - 1) * places);
  for (int64_t t = self.steps - 1; t >= 0 && log_p != -INFINITY; t--) {
    const double *alpha = self.room.alpha + (size_t)t * places;

    go_back (args, &self, x, i, t);
    for (int64_t s = 0; s < self.n_places; s++) {
      int64_t at = (t * args->n + i) * args->classes + self.room.letters[s];
      double  part = dloss * exp (alpha[s] + self.room.beta[s] - log_p);

      store (args, data[5], at, (is_f32 ? (double)((float *)data[5])[at] : ((double *)data[5])[at]) - part);
    }
  }
}

const TlKernel tl_ctc_kernel = { measure, run };
const TlKernel tl_ctc_grad_kernel = { measure_grad, run_grad };
