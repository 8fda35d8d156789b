/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A line search for the strong Wolfe conditions: from x along d, a step t with
 *
 *     f (x + t d) <= f (x) + c1 t f' (x)          it falls enough
 *     |f' (x + t d)| <= c2 |f' (x)|               and is nearly at the bottom
 *
 * A bracket is widened until it holds such a step, then narrowed, both by cubic interpolation; as in Nocedal & Wright 2006, algorithms 3.5 and
 * 3.6, with the safeguards of Schmidt's minFunc, which PyTorch follows too.
 *
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlWolfePoint:
 * @t: a step
 * @f: the value there
 * @slope: its derivative along the line
 * @g: (array) (nullable): the gradient there
 */
typedef struct {
  double  t, f, slope;
  double *g;
} TlWolfePoint;

/**
 * TlWolfe:
 * @n: number of variables
 * @d: (array length=n): the direction
 * @c1: share of the fall
 * @c2: share of the slope
 * @tolerance: smallest bracket, times the largest element of @d
 * @max_evaluations: when to give up
 * @memory: (array length=5*n): for the search
 * @evaluate: computes f and g at x + t d
 * @user_data: for @evaluate
 */
typedef struct {
  gsize         n;
  const double *d;
  double        c1, c2, tolerance;
  guint         max_evaluations;
  double       *memory;
  gboolean (*evaluate) (double   t,
                        double  *f,
                        double  *g,
                        gpointer user_data,
                        GError **error);
  gpointer user_data;
} TlWolfe;

gboolean tl_wolfe_search (const TlWolfe *self,
                          double         t,
                          TlWolfePoint  *point,
                          guint         *n_evaluations,
                          GError       **error);

G_END_DECLS
