/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Softmax and log-softmax over rows.
 */

#include "core/kernels/rows.h"
#include "core/kernels/softmax.h"

#define KERNEL(name)                                              \
  void TL_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_softmax_forward)
KERNEL (tl_softmax_backward)
KERNEL (tl_log_softmax_forward)
KERNEL (tl_log_softmax_backward)

#define TILE_ELEMENTS 32768

static int64_t
rows_per_tile (const TlSoftmaxArgs *args)
{
  return tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, args->cols));
}

static void
measure (const TlSoftmaxArgs *args, TlWork *work)
{
  *work = (TlWork){ .n_phases = 1 };
  if (args->cols > 0)
    work->n_tiles[0] = (size_t)tl_ceil_div (args->rows, rows_per_tile (args));
}

static void
softmax_row (real *y, const real *x, int64_t n)
{
  real max = row_max (x, n), sum, scale;

  max = max == (real)-__builtin_inf () ? 0 : max;
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] = FN (exp) (x[i] - max);
  TL_ROW_SUM (sum, n, y[i]);
  scale = 1 / sum;
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] *= scale;
}

static void
log_softmax_row (real *y, const real *x, int64_t n)
{
  real max = row_max (x, n), sum;

  TL_ROW_SUM (sum, n, FN (exp) (x[i] - max));
  sum = FN (log) (sum);
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] = (x[i] - max) - sum;
}

static void
softmax_gradient_row (real *dx, const real *y, const real *dy, int64_t n)
{
  real dot;

  TL_ROW_SUM (dot, n, y[i] * dy[i]);
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    dx[i] = y[i] * (dy[i] - dot);
}

static void
log_softmax_gradient_row (real *dx, const real *y, const real *dy, int64_t n)
{
  real sum;

  TL_ROW_SUM (sum, n, dy[i]);
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    dx[i] = dy[i] - FN (exp) (y[i]) * sum;
}

#define FORWARD(name, row)                                                                                                      \
  void TL_NAME (name##_measure) (const void *args, TlWork *work)                                                                \
  {                                                                                                                             \
    measure (args, work);                                                                                                       \
  }                                                                                                                             \
  void TL_NAME (name##_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch) \
  {                                                                                                                             \
    const TlSoftmaxArgs *args = args_;                                                                                          \
    int64_t              per = rows_per_tile (args), end = tl_min_i64 (args->rows, ((int64_t)tile + 1) * per);                  \
                                                                                                                                \
    for (int64_t r = (int64_t)tile * per; r < end; r++)                                                                         \
      row ((real *)data[1] + r * args->stride[1], (const real *)data[0] + r * args->stride[0], args->cols);                     \
  }
#define BACKWARD(name, row)                                                                                                     \
  void TL_NAME (name##_measure) (const void *args, TlWork *work)                                                                \
  {                                                                                                                             \
    measure (args, work);                                                                                                       \
  }                                                                                                                             \
  void TL_NAME (name##_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch) \
  {                                                                                                                             \
    const TlSoftmaxArgs *args = args_;                                                                                          \
    int64_t              per = rows_per_tile (args), end = tl_min_i64 (args->rows, ((int64_t)tile + 1) * per);                  \
                                                                                                                                \
    for (int64_t r = (int64_t)tile * per; r < end; r++)                                                                         \
      row ((real *)data[2] + r * args->stride[2], (const real *)data[0] + r * args->stride[0],                                  \
           (const real *)data[1] + r * args->stride[1], args->cols);                                                            \
  }
FORWARD (tl_softmax_forward, softmax_row)
FORWARD (tl_log_softmax_forward, log_softmax_row)
BACKWARD (tl_softmax_backward, softmax_gradient_row)
BACKWARD (tl_log_softmax_backward, log_softmax_gradient_row)
