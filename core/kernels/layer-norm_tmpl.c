/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Layer normalisation.  Backward leaves, per tile of rows, partial sums of dgamma and dbeta, which a second phase adds in a tree.
 *
 * Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450
 */

#include "core/kernels/norm.h"
#include "core/kernels/rows.h"

#define KERNEL(name)                                              \
  void TL_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_layer_norm_forward)
KERNEL (tl_layer_norm_backward)

#define TILE_ELEMENTS 32768
#define COLUMN_BLOCK 1024

static int64_t
rows_per_tile (const TlLayerNormArgs *args)
{
  return tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, args->cols));
}

void
TL_NAME (tl_layer_norm_forward_measure) (const void *args_, TlWork *work)
{
  const TlLayerNormArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)tl_ceil_div (args->rows, rows_per_tile (args)) } };
}

static void
forward_row (const real *x, const real *gamma, const real *beta, real *y, real mean, real rstd, int64_t n)
{
  for (int64_t i = 0; i < n; i += COLUMN_BLOCK) {
    int64_t end = tl_min_i64 (n, i + COLUMN_BLOCK);

    TL_VECTOR_LOOP
    for (int64_t j = i; j < end; j++)
      y[j] = (x[j] - mean) * rstd;
    if (gamma) {
      TL_VECTOR_LOOP
      for (int64_t j = i; j < end; j++)
        y[j] *= gamma[j];
    }
    if (beta) {
      TL_VECTOR_LOOP
      for (int64_t j = i; j < end; j++)
        y[j] += beta[j];
    }
  }
}

void
TL_NAME (tl_layer_norm_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlLayerNormArgs *args = args_;
  int64_t                per = rows_per_tile (args), end = tl_min_i64 (args->rows, ((int64_t)tile + 1) * per), n = args->cols;

  for (int64_t r = (int64_t)tile * per; r < end; r++) {
    const real *x = (const real *)data[0] + r * args->x_stride;
    real        mean, var, rstd;

    TL_ROW_SUM (mean, n, x[i]);
    mean /= (real)n;
    TL_ROW_SUM (var, n, (x[i] - mean) * (x[i] - mean));
    rstd = 1 / FN (sqrt) (var / (real)n + (real)args->eps);
    forward_row (x, data[1], data[2], (real *)data[3] + r * args->y_stride, mean, rstd, n);
    if (data[4])
      ((real *)data[4])[r] = mean;
    if (data[5])
      ((real *)data[5])[r] = rstd;
  }
}

enum {
  DY,
  X,
  MEAN,
  RSTD,
  GAMMA,
  DX,
  DGAMMA,
  DBETA,
};

void
TL_NAME (tl_layer_norm_backward_measure) (const void *args_, TlWork *work)
{
  const TlLayerNormArgs *args = args_;
  int64_t                tiles = tl_ceil_div (args->rows, rows_per_tile (args));

  *work = (TlWork){ .n_phases = 2 };
  work->n_tiles[0] = (size_t)tiles;
  work->n_tiles[1] = (size_t)tl_ceil_div (args->cols, COLUMN_BLOCK);
  work->workspace = (size_t)(tl_max_i64 (1, tiles) * 2 * args->cols) * sizeof (real);
}

static void
gradient_row (const real *dy, const real *x, const real *gamma, real *dx, real mean, real rstd, int64_t n)
{
  real s1, s2;

  if (gamma) {
    TL_ROW_SUM (s1, n, dy[i] * gamma[i]);
    TL_ROW_SUM (s2, n, dy[i] * gamma[i] * ((x[i] - mean) * rstd));
  } else {
    TL_ROW_SUM (s1, n, dy[i]);
    TL_ROW_SUM (s2, n, dy[i] * ((x[i] - mean) * rstd));
  }
  s1 /= (real)n;
  s2 /= (real)n;
  if (gamma) {
    TL_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      dx[i] = rstd * (dy[i] * gamma[i] - s1 - (x[i] - mean) * rstd * s2);
  } else {
    TL_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      dx[i] = rstd * (dy[i] - s1 - (x[i] - mean) * rstd * s2);
  }
}

static void
backward_tile (const TlLayerNormArgs *args, void *const *data, real *dgamma, real *dbeta, int64_t first, int64_t end)
{
  int64_t n = args->cols;

  memset (dgamma, 0, (size_t)n * sizeof (real));
  memset (dbeta, 0, (size_t)n * sizeof (real));
  for (int64_t r = first; r < end; r++) {
    const real *dy = (const real *)data[DY] + r * args->y_stride, *x = (const real *)data[X] + r * args->x_stride;
    real        mean = ((const real *)data[MEAN])[r], rstd = ((const real *)data[RSTD])[r];

    for (int64_t i = 0; i < n; i++) {
      dgamma[i] += dy[i] * ((x[i] - mean) * rstd);
      dbeta[i] += dy[i];
    }
    if (data[DX])
      gradient_row (dy, x, data[GAMMA], (real *)data[DX] + r * args->dx_stride, mean, rstd, n);
  }
}

static void
sum_partials (real *partials, int64_t n_partials, int64_t stride, int64_t first, int64_t end, real *out)
{
#define ADD(a, b)                       \
  for (int64_t j = first; j < end; j++) \
  partials[(a)*stride + j] += partials[(b)*stride + j]
  TL_TREE (n_partials, ADD)
#undef ADD
  for (int64_t j = first; j < end; j++)
    out[j] = n_partials > 0 ? partials[j] : 0;
}

void
TL_NAME (tl_layer_norm_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlLayerNormArgs *args = args_;
  int64_t                per = rows_per_tile (args), n = args->cols, first = (int64_t)tile * per;
  real                  *partials = workspace; /* [tile][dgamma, dbeta][column] */

  if (phase == 0) {
    real *mine = partials + (int64_t)tile * 2 * n;

    backward_tile (args, data, mine, mine + n, first, tl_min_i64 (args->rows, first + per));
  } else {
    int64_t tiles = tl_ceil_div (args->rows, per), c0 = (int64_t)tile * COLUMN_BLOCK, c1 = tl_min_i64 (n, c0 + COLUMN_BLOCK);

    if (data[DGAMMA])
      sum_partials (partials, tiles, 2 * n, c0, c1, data[DGAMMA]);
    if (data[DBETA])
      sum_partials (partials + n, tiles, 2 * n, c0, c1, data[DBETA]);
  }
}
