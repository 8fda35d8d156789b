/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/nn/initializer-private.h"

static gboolean
need_rank (const char   *name,
           const TlMeta *meta,
           guint         min_rank,
           guint         max_rank,
           GError      **error)
{
  g_autofree char *shape = tl_shape_to_string (meta->shape, meta->rank);

  if (meta->rank >= min_rank && meta->rank <= max_rank)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: a tensor of %u%s axes is wanted, not %s", name, min_rank,
               max_rank > min_rank ? " or more" : "", shape);
  return FALSE;
}

static double
normal (TlPhiloxKey key,
        guint64     at)
{
  guint32 words[4];

  tl_philox (key, 0, at, words);
  return sqrt (-2 * log (tl_init_unit (words[0]))) * cos (2 * G_PI * tl_init_unit (words[1]));
}

gboolean
tl_init_make_eye (double        a,
                  const TlMeta *meta,
                  TlPhiloxKey   key,
                  double       *values,
                  GError      **error)
{
  if (!need_rank ("eye", meta, 2, 2, error))
    return FALSE;
  for (TlDim i = 0; i < meta->shape[0]; i++)
    for (TlDim j = 0; j < meta->shape[1]; j++)
      *values++ = i == j ? a : 0;
  return TRUE;
}

/* Output channel i takes the middle of input channel i. */
gboolean
tl_init_make_dirac (double        a,
                    const TlMeta *meta,
                    TlPhiloxKey   key,
                    double       *values,
                    GError      **error)
{
  TlDim n_window = 1, middle = 0;

  if (!need_rank ("dirac", meta, 3, 5, error))
    return FALSE;
  for (guint axis = 2; axis < meta->rank; axis++) {
    middle = middle * meta->shape[axis] + meta->shape[axis] / 2;
    n_window *= meta->shape[axis];
  }
  for (TlDim i = 0; i < meta->shape[0]; i++)
    for (TlDim j = 0; j < meta->shape[1]; j++)
      for (TlDim k = 0; k < n_window; k++)
        *values++ = i == j && k == middle ? a : 0;
  return TRUE;
}

typedef struct {
  guint32 key;
  TlDim   row;
} Place;

static int
by_key (const void *a,
        const void *b)
{
  const Place *x = a, *y = b;

  return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->row < y->row ? -1
                                                                         : 1;
}

gboolean
tl_init_make_sparse (double        a,
                     const TlMeta *meta,
                     TlPhiloxKey   key,
                     double       *values,
                     GError      **error)
{
  g_autofree Place *places = NULL;
  TlDim             rows, columns, n_zeros;

  if (!need_rank ("sparse", meta, 2, 2, error))
    return FALSE;
  if (!(a >= 0 && a <= 1)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "sparse: the share of zeros is %g, it must be between 0 and 1", a);
    return FALSE;
  }
  rows = meta->shape[0];
  columns = meta->shape[1];
  n_zeros = (TlDim)ceil (a * (double)rows);
  places = g_new (Place, rows + 1);
  for (TlDim j = 0; j < columns; j++) {
    for (TlDim i = 0; i < rows; i++) {
      guint32 words[4];

      tl_philox (key, 1, (guint64)(j * rows + i), words);
      places[i] = (Place){ words[0], i };
    }
    qsort (places, (size_t)rows, sizeof *places, by_key);
    for (TlDim i = 0; i < rows; i++) {
      TlDim at = places[i].row * columns + j;

      values[at] = i < n_zeros ? 0 : 0.01 * normal (key, (guint64)at);
    }
  }
  return TRUE;
}

static double
dot (const double *a,
     const double *b,
     TlDim         n)
{
  double sum = 0;

  for (TlDim i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

/* x -= 2 v (v'x), for v of length 1 */
static void
reflect (const double *v,
         double       *x,
         TlDim         n)
{
  double twice = 2 * dot (v, x, n);

  for (TlDim i = 0; i < n; i++)
    x[i] -= twice * v[i];
}

/*
 * Turns the columns of @a, m numbers each and no more than m of them, into orthogonal ones of length 1: Q of its QR decomposition by
 * Householder's reflections, with the signs that make the diagonal of R positive, so that Q is spread evenly over all such matrices.
 * A column of @v keeps the direction of its reflection.
 */
static void
orthogonalise (double *a,
               double *v,
               TlDim   m,
               TlDim   n)
{
  g_autofree double *signs = g_new (double, n + 1);

  for (TlDim k = 0; k < n; k++) {
    double *x = a + k * m, *direction = v + k * m;
    double  length, own;

    for (TlDim j = 0; j < k; j++)
      reflect (v + j * m + j, x + j, m - j);
    length = sqrt (dot (x + k, x + k, m - k));
    memset (direction, 0, (gsize)m * sizeof *v);
    memcpy (direction + k, x + k, (gsize)(m - k) * sizeof *v);
    direction[k] += x[k] < 0 ? -length : length;
    signs[k] = x[k] < 0 ? 1 : -1;
    own = sqrt (dot (direction + k, direction + k, m - k));
    for (TlDim i = k; i < m && own > 0; i++)
      direction[i] /= own;
  }
  for (TlDim k = 0; k < n; k++) {
    double *x = a + k * m;

    memset (x, 0, (gsize)m * sizeof *a);
    x[k] = signs[k];
    for (TlDim j = MIN (k, n - 1) + 1; j-- > 0;)
      reflect (v + j * m + j, x + j, m - j);
  }
}

gboolean
tl_init_make_orthogonal (double        a,
                         const TlMeta *meta,
                         TlPhiloxKey   key,
                         double       *values,
                         GError      **error)
{
  TlDim              rows, columns = 1, m, n;
  g_autofree double *matrix = NULL, *v = NULL;

  if (!need_rank ("orthogonal", meta, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  rows = meta->shape[0];
  for (guint axis = 1; axis < meta->rank; axis++)
    columns *= meta->shape[axis];
  m = MAX (rows, columns);
  n = MIN (rows, columns);
  matrix = g_try_new (double, m *n + 1);
  v = g_try_new (double, m *n + 1);
  if (matrix == NULL || v == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "orthogonal: out of memory for a matrix of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT, m, n);
    return FALSE;
  }
  for (TlDim i = 0; i < m * n; i++)
    matrix[i] = normal (key, (guint64)i);
  orthogonalise (matrix, v, m, n);
  for (TlDim i = 0; i < rows; i++)
    for (TlDim j = 0; j < columns; j++)
      *values++ = a * (rows >= columns ? matrix[j * m + i] : matrix[i * m + j]);
  return TRUE;
}
