/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Distances of all pairs.  A tile of the forward pass is a block of rows of a against COLUMNS rows of b, which are turned, a run at a time, so that
 * a vector holds one component of several rows of b.  A tile of the backward pass is a block of rows of a.
 */

#include "core/kernels/isa.h"

#include "core/kernels/convert.h"
#include "core/kernels/distance.h"
#include "core/kernels/functors.h"

#define KERNEL(name)                                              \
  void TL_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_distance_forward)
KERNEL (tl_distance_backward)

#define COLUMNS 64
#define ROWS 64
#define WORK ((int64_t)1 << 22) /* differences of a tile */

/* Rows of a tile that meets @n rows. */
static int64_t
rows_per_tile (const TlDistanceArgs *args, int64_t n)
{
  int64_t rows = WORK / (n * args->d > 0 ? n * args->d : 1);

  return rows < 1 ? 1 : rows > ROWS ? ROWS
                                    : rows;
}

/* Component k of COLUMNS rows lies together; rows that are not there are zeros. */
static void
turn (real *restrict to, const real *b, int64_t n, int64_t d, int64_t run)
{
  for (int64_t j = 0; j < COLUMNS; j++)
    for (int64_t k = 0; k < run; k++)
      to[k * COLUMNS + j] = j < n ? b[j * d + k] : 0;
}

#define ADD_RUN(name, TERM)                                                                                \
  static void name (real *restrict sums, const real *restrict a, const real *restrict turned, int64_t run) \
  {                                                                                                        \
    real acc[COLUMNS] = { 0 };                                                                             \
                                                                                                           \
    for (int64_t k = 0; k < run; k++)                                                                      \
      for (int j = 0; j < COLUMNS; j++) {                                                                  \
        real x = a[k] - turned[k * COLUMNS + j];                                                           \
                                                                                                           \
        acc[j] += TERM;                                                                                    \
      }                                                                                                    \
    for (int j = 0; j < COLUMNS; j++)                                                                      \
      sums[j] += acc[j];                                                                                   \
  }
ADD_RUN (add_sizes, x < 0 ? -x : x)
ADD_RUN (add_squares, x *x)

void
TL_NAME (tl_distance_forward_measure) (const void *args_, TlWork *work)
{
  const TlDistanceArgs *args = args_;
  int64_t               blocks = tl_ceil_div (args->n, COLUMNS), rows = tl_ceil_div (args->m, rows_per_tile (args, COLUMNS));

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)(args->batch * blocks * rows) } };
  work->scratch = (TL_DISTANCE_RUN + ROWS) * COLUMNS * sizeof (real);
}

void
TL_NAME (tl_distance_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlDistanceArgs *args = args_;
  int64_t               blocks = tl_ceil_div (args->n, COLUMNS), per = rows_per_tile (args, COLUMNS), n_rows = tl_ceil_div (args->m, per);
  int64_t               j0 = (int64_t)tile % blocks * COLUMNS, i0 = (int64_t)tile / blocks % n_rows * per, batch = (int64_t)tile / blocks / n_rows;
  int64_t               rows = tl_min_i64 (per, args->m - i0), columns = tl_min_i64 (COLUMNS, args->n - j0);
  const real           *a = (const real *)data[0] + (batch * args->m + i0) * args->d, *b = (const real *)data[1] + (batch * args->n + j0) * args->d;
  real                 *y = (real *)data[2] + (batch * args->m + i0) * args->n + j0;
  real                 *turned = scratch, *sums = turned + TL_DISTANCE_RUN * COLUMNS;

  for (int64_t i = 0; i < rows * COLUMNS; i++)
    sums[i] = 0;
  for (int64_t k = 0; k < args->d; k += TL_DISTANCE_RUN) {
    int64_t run = tl_min_i64 (TL_DISTANCE_RUN, args->d - k);

    turn (turned, b + k, columns, args->d, run);
    for (int64_t i = 0; i < rows; i++)
      (args->norm == TL_DISTANCE_ROOT ? add_squares : add_sizes) (sums + i * COLUMNS, a + i * args->d + k, turned, run);
  }
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      y[i * args->n + j] = args->norm == TL_DISTANCE_ROOT ? FN (sqrt) (sums[i * COLUMNS + j]) : sums[i * COLUMNS + j];
}

void
TL_NAME (tl_distance_backward_measure) (const void *args_, TlWork *work)
{
  const TlDistanceArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)(args->batch * tl_ceil_div (args->m, rows_per_tile (args, args->n))) } };
  work->scratch = TL_DISTANCE_RUN * sizeof (real);
}

/* Adds w[j] times the slope of a - b[j] over a run of components. */
static void
add_slopes (const TlDistanceArgs *args, real *restrict da, const real *restrict a, const real *restrict b, const real *w, int64_t run)
{
  for (int64_t j = 0; j < args->n; j++, b += args->d) {
    real weight = w[j * args->w_column];

    if (args->norm == TL_DISTANCE_ROOT)
      for (int64_t k = 0; k < run; k++)
        da[k] += weight * (a[k] - b[k]);
    else
      for (int64_t k = 0; k < run; k++)
        da[k] += weight * (real)((a[k] > b[k]) - (a[k] < b[k]));
  }
}

void
TL_NAME (tl_distance_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlDistanceArgs *args = args_;
  int64_t               per = rows_per_tile (args, args->n), n_rows = tl_ceil_div (args->m, per);
  int64_t               batch = (int64_t)tile / n_rows, i0 = (int64_t)tile % n_rows * per;
  const real           *b = (const real *)data[1] + batch * args->n * args->d;

  for (int64_t i = i0; i < tl_min_i64 (args->m, i0 + per); i++) {
    const real *a = (const real *)data[0] + (batch * args->m + i) * args->d;
    const real *w = (const real *)data[2] + batch * args->m * args->n + i * args->w_row;
    real       *da = (real *)data[3] + (batch * args->m + i) * args->d, *sum = scratch;

    for (int64_t k = 0; k < args->d; k += TL_DISTANCE_RUN) {
      int64_t run = tl_min_i64 (TL_DISTANCE_RUN, args->d - k);

      for (int64_t c = 0; c < run; c++)
        sum[c] = 0;
      add_slopes (args, sum, a + k, b + k, w, run);
      for (int64_t c = 0; c < run; c++)
        da[k + c] = sum[c];
    }
  }
}
