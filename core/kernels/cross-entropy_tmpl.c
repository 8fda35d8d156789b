/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cross entropy with integer targets, from logits to the loss and back, without storing log-probabilities.
 */

#include "core/kernels/index.h"
#include "core/kernels/rows.h"
#include "core/kernels/softmax.h"

void TL_NAME (tl_cross_entropy_forward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_cross_entropy_forward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
void TL_NAME (tl_cross_entropy_backward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_cross_entropy_backward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

#define TILE_ELEMENTS 32768

enum {
  X,
  TARGETS,
  WEIGHTS,
  ROW_LOSS, /* forward */
  LOSS,
  WEIGHT_SUM,
  ERROR,
  DLOSS = 3, /* backward */
  TOTAL_WEIGHT,
  DX,
};

/* What one tile leaves for the second phase. */
typedef struct {
  real loss;
  real weight;
} Partial;

static int64_t
rows_per_tile (const TlCrossEntropyArgs *args)
{
  return tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, args->cols));
}

static int64_t
get_target (const TlCrossEntropyArgs *args, const void *targets, int64_t row)
{
  int64_t i = row * args->target_stride;

  if (args->target_dtype == TL_DTYPE_I64)
    return ((const int64_t *)targets)[i];
  if (args->target_dtype == TL_DTYPE_I32)
    return ((const int32_t *)targets)[i];
  return ((const uint8_t *)targets)[i];
}

static real
weight_total (const TlCrossEntropyArgs *args, const real *weights)
{
  real sum;

  if (!weights)
    return (real)args->cols;
  TL_ROW_SUM (sum, args->cols, weights[i]);
  return sum;
}

void
TL_NAME (tl_cross_entropy_forward_measure) (const void *args_, TlWork *work)
{
  const TlCrossEntropyArgs *args = args_;
  int64_t                   tiles = tl_ceil_div (args->rows, rows_per_tile (args));

  *work = (TlWork){ .n_phases = 2, .n_tiles = { (size_t)tiles, 1 } };
  work->workspace = (size_t)tl_max_i64 (1, tiles) * sizeof (Partial);
}

/* A copy of a short row behind which -inf fills whole lanes, so that short rows (ten classes) are vectors too. */
#define SHORT_ROW (2 * TL_ROW_LANES)

static const real *
pad_row (const real *x, int64_t *n, real *buffer)
{
  int64_t padded = tl_ceil_div (*n, TL_ROW_LANES) * TL_ROW_LANES;

  if (padded > SHORT_ROW || padded == *n)
    return x;
  for (int64_t i = 0; i < padded; i++)
    buffer[i] = (real)-__builtin_inf ();
  for (int64_t i = 0; i < *n; i++)
    buffer[i] = x[i];
  *n = padded;
  return buffer;
}

static real
row_loss (const TlCrossEntropyArgs *args, const real *x, const real *weights, real total, int64_t target)
{
  real        s = (real)args->label_smoothing, w = weights ? weights[target] : 1, buffer[SHORT_ROW];
  int64_t     cols = args->cols, n = cols;
  const real *row = pad_row (x, &n, buffer);
  real        max = row_max (row, n), lse, loss, sum;

  TL_ROW_SUM (sum, n, FN (exp) (row[i] - max));
  lse = FN (log) (sum);
  loss = (1 - s) * w * (lse - (x[target] - max));
  if (s > 0) {
    /* sum over c of w[c] (lse - (x[c] - max)) */
    if (weights)
      TL_ROW_SUM (sum, cols, weights[i] * (x[i] - max));
    else
      TL_ROW_SUM (sum, cols, x[i] - max);
    loss += s / (real)cols * (total * lse - sum);
  }
  return loss;
}

static void
forward_tile (const TlCrossEntropyArgs *args, void *const *data, Partial *partial, int64_t first, int64_t end)
{
  const real *weights = data[WEIGHTS];
  real        total = args->label_smoothing > 0 ? weight_total (args, weights) : 0;

  *partial = (Partial){ 0, 0 };
  for (int64_t r = first; r < end; r++) {
    int64_t target = get_target (args, data[TARGETS], r);
    real    loss = 0;

    if (target == args->ignore_index) {
      loss = 0;
    } else if (target < 0 || target >= args->cols) {
      loss = (real)__builtin_nan ("");
      if (data[ERROR])
        tl_index_tell_error (data[ERROR], r, target, args->cols);
    } else {
      loss = row_loss (args, (const real *)data[X] + r * args->x_stride, weights, total, target);
      partial->weight += weights ? weights[target] : 1;
    }
    partial->loss += loss;
    if (data[ROW_LOSS])
      ((real *)data[ROW_LOSS])[r] = loss;
  }
}

static void
combine (const TlCrossEntropyArgs *args, void *const *data, Partial *partials, int64_t n)
{
  real loss, weight;

#define ADD(a, b) (partials[a].loss += partials[b].loss, partials[a].weight += partials[b].weight)
  TL_TREE (n, ADD)
#undef ADD
  loss = n > 0 ? partials[0].loss : 0;
  weight = n > 0 ? partials[0].weight : 0;
  if (data[LOSS])
    *(real *)data[LOSS] = args->reduction == TL_LOSS_MEAN ? loss / weight : loss;
  if (data[WEIGHT_SUM])
    *(real *)data[WEIGHT_SUM] = weight;
}

void
TL_NAME (tl_cross_entropy_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlCrossEntropyArgs *args = args_;
  int64_t                   per = rows_per_tile (args), first = (int64_t)tile * per;

  if (phase == 0)
    forward_tile (args, data, (Partial *)workspace + tile, first, tl_min_i64 (args->rows, first + per));
  else
    combine (args, data, workspace, tl_ceil_div (args->rows, per));
}

void
TL_NAME (tl_cross_entropy_backward_measure) (const void *args_, TlWork *work)
{
  const TlCrossEntropyArgs *args = args_;

  *work = (TlWork){ .n_phases = 1 };
  if (args->cols > 0)
    work->n_tiles[0] = (size_t)tl_ceil_div (args->rows, rows_per_tile (args));
}

static void
gradient_row (const TlCrossEntropyArgs *args, real *dx, const real *x, const real *weights, real total, int64_t target, real scale)
{
  real        s = (real)args->label_smoothing, w = weights ? weights[target] : 1, buffer[SHORT_ROW];
  int64_t     cols = args->cols, n = cols;
  real        even = scale * s / (real)cols, max, sum, factor;
  const real *row = pad_row (x, &n, buffer);
  real       *e = row == x ? dx : buffer;

  max = row_max (row, n);
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    e[i] = FN (exp) (row[i] - max);
  TL_ROW_SUM (sum, n, e[i]);
  factor = (scale * (1 - s) * w + even * total) / sum;
  if (s > 0 && weights) {
    TL_VECTOR_LOOP
    for (int64_t i = 0; i < cols; i++)
      dx[i] = e[i] * factor - even * weights[i];
  } else {
    TL_VECTOR_LOOP
    for (int64_t i = 0; i < cols; i++)
      dx[i] = e[i] * factor - even;
  }
  dx[target] -= scale * (1 - s) * w;
}

void
TL_NAME (tl_cross_entropy_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlCrossEntropyArgs *args = args_;
  const real               *weights = data[WEIGHTS], *dloss = data[DLOSS];
  int64_t                   per = rows_per_tile (args), end = tl_min_i64 (args->rows, ((int64_t)tile + 1) * per);
  real                      total = args->label_smoothing > 0 ? weight_total (args, weights) : 0;

  for (int64_t r = (int64_t)tile * per; r < end; r++) {
    int64_t target = get_target (args, data[TARGETS], r);
    real   *dx = (real *)data[DX] + r * args->dx_stride;
    real    scale = dloss[args->reduction == TL_LOSS_NONE ? r * args->dloss_stride : 0];

    if (args->reduction == TL_LOSS_MEAN)
      scale /= *(const real *)data[TOTAL_WEIGHT];
    if (target >= 0 && target < args->cols && target != args->ignore_index) {
      gradient_row (args, dx, (const real *)data[X] + r * args->x_stride, weights, total, target, scale);
      continue;
    }
    for (int64_t i = 0; i < args->cols; i++)
      dx[i] = target == args->ignore_index ? 0 : (real)__builtin_nan ("");
  }
}
