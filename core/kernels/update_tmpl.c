/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Optimizer updates over many tensors.  Tiles cut the concatenation of all tensors, so that a thousand small ones cost one tile.
 */

#include "core/kernels/pieces.h"
#include "core/kernels/rows.h"
#include "core/kernels/update.h"

#define KERNEL(name)                                              \
  void TL_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_sgd_update)
KERNEL (tl_adam_update)
KERNEL (tl_sum_of_squares)
KERNEL (tl_find_nonfinite)

void
TL_NAME (tl_sgd_update_measure) (const void *args_, TlWork *work)
{
  const TlSgdArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { tile_count (&args->tensors) } };
}

static void
sgd_piece (const TlSgdArgs *args, const TlSgdScalars *scalars, real *restrict p, const real *restrict grad, real *restrict m, int64_t n)
{
  real lr = (real)scalars->lr, scale = (real)(args->maximize ? -scalars->grad_scale : scalars->grad_scale);
  real decay = (real)args->weight_decay, momentum = (real)args->momentum;
  real keep = scalars->first_step != 0 ? 0 : momentum;
  real take = scalars->first_step != 0 ? 1 : (real)(1 - args->dampening);
  real ahead = args->nesterov ? momentum : 1, now = args->nesterov ? 1 : 0;

  if (!m) {
    for (int64_t i = 0; i < n; i++) {
      real g = grad[i] * scale;

      g = FN_FMA (decay, p[i], g);
      p[i] = FN_FMA (-lr, g, p[i]);
    }
    return;
  }
  if (scalars->first_step != 0) /* the state may hold anything yet */
    memset (m, 0, (size_t)n * sizeof *m);
  for (int64_t i = 0; i < n; i++) {
    real g = grad[i] * scale, v;

    g = FN_FMA (decay, p[i], g);
    v = FN_FMA (keep, m[i], take * g);
    m[i] = v;
    p[i] = FN_FMA (-lr, FN_FMA (ahead, v, now * g), p[i]);
  }
}

void
TL_NAME (tl_sgd_update_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlSgdArgs    *args = args_;
  uint32_t            n = args->tensors.n;
  int                 has_momentum = args->momentum != 0;
  const TlSgdScalars *scalars = data[n * (has_momentum ? 3 : 2)];
  Pieces              pieces = pieces_of (&args->tensors, tile);
  Piece               piece;

  while (next_piece (&pieces, &piece))
    sgd_piece (args, scalars, (real *)data[piece.tensor] + piece.start, (const real *)data[n + piece.tensor] + piece.start,
               has_momentum ? (real *)data[2 * n + piece.tensor] + piece.start : NULL, piece.n);
}

void
TL_NAME (tl_adam_update_measure) (const void *args_, TlWork *work)
{
  const TlAdamArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { tile_count (&args->tensors) } };
}

typedef struct {
  real scale, couple, shrink, take1, beta2, take2, root_bias2, eps, step;
} AdamNumbers;

static AdamNumbers
adam_numbers (const TlAdamArgs *args, const TlAdamScalars *scalars)
{
  return (AdamNumbers){
    .scale = (real)(args->maximize ? -scalars->grad_scale : scalars->grad_scale),
    .couple = (real)(args->decoupled ? 0 : args->weight_decay),
    .shrink = (real)(args->decoupled ? 1 - scalars->lr * args->weight_decay : 1),
    .take1 = (real)(1 - args->beta1),
    .beta2 = (real)args->beta2,
    .take2 = (real)(1 - args->beta2),
    .root_bias2 = (real)(1 / fn_sqrt_f64 (scalars->bias2)),
    .eps = (real)args->eps,
    .step = (real)(-scalars->lr / scalars->bias1),
  };
}

static inline __attribute__ ((always_inline)) void
adam_piece (AdamNumbers k, real *restrict p, const real *restrict grad, real *restrict m, real *restrict v, real *restrict top, int64_t n, int amsgrad)
{
  for (int64_t i = 0; i < n; i++) {
    real w = p[i] * k.shrink, g = grad[i] * k.scale, s;

    g = FN_FMA (k.couple, w, g);
    m[i] = FN_FMA (g - m[i], k.take1, m[i]);
    v[i] = FN_FMA (k.take2 * g, g, k.beta2 * v[i]);
    s = v[i];
    if (amsgrad)
      s = top[i] = FN (max) (top[i], s);
    p[i] = w + k.step * (m[i] / FN_FMA (FN (sqrt) (s), k.root_bias2, k.eps));
  }
}

void
TL_NAME (tl_adam_update_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlAdamArgs *args = args_;
  uint32_t          n = args->tensors.n;
  AdamNumbers       numbers = adam_numbers (args, data[n * (args->amsgrad ? 5 : 4)]);
  Pieces            pieces = pieces_of (&args->tensors, tile);
  Piece             piece;

  while (next_piece (&pieces, &piece)) {
    real       *p = (real *)data[piece.tensor] + piece.start, *m = (real *)data[2 * n + piece.tensor] + piece.start;
    real       *v = (real *)data[3 * n + piece.tensor] + piece.start;
    const real *g = (const real *)data[n + piece.tensor] + piece.start;

    if (args->amsgrad)
      adam_piece (numbers, p, g, m, v, (real *)data[4 * n + piece.tensor] + piece.start, piece.n, 1);
    else
      adam_piece (numbers, p, g, m, v, NULL, piece.n, 0);
  }
}

void
TL_NAME (tl_sum_of_squares_measure) (const void *args_, TlWork *work)
{
  const TlTensorsArgs *args = args_;

  *work = (TlWork){ .n_phases = 2, .n_tiles = { tile_count (args), 1 } };
  work->workspace = (tile_count (args) + 1) * sizeof (double);
}

static double
squares (const real *x, int64_t n)
{
  double  acc[TL_ROW_LANES] = { 0 };
  int64_t j = 0;

  for (; j + TL_ROW_LANES <= n; j += TL_ROW_LANES)
    for (int l = 0; l < TL_ROW_LANES; l++)
      acc[l] += (double)x[j + l] * (double)x[j + l];
  for (int l = 0; j + l < n; l++)
    acc[l] += (double)x[j + l] * (double)x[j + l];
  for (int s = TL_ROW_LANES / 2; s > 0; s /= 2)
    for (int l = 0; l < s; l++)
      acc[l] += acc[l + s];
  return acc[0];
}

void
TL_NAME (tl_sum_of_squares_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlTensorsArgs *args = args_;
  double              *partials = workspace;

  if (phase == 0) {
    Pieces pieces = pieces_of (args, tile);
    Piece  piece;

    partials[tile] = 0;
    while (next_piece (&pieces, &piece))
      partials[tile] += squares ((const real *)data[piece.tensor] + piece.start, piece.n);
  } else {
    int64_t n = (int64_t)tile_count (args);

#define ADD(a, b) (partials[a] += partials[b])
    TL_TREE (n, ADD)
#undef ADD
    *(double *)data[args->n] = n > 0 ? partials[0] : 0;
  }
}

void
TL_NAME (tl_find_nonfinite_measure) (const void *args_, TlWork *work)
{
  const TlTensorsArgs *args = args_;

  *work = (TlWork){ .n_phases = 2, .n_tiles = { tile_count (args), 1 } };
  work->workspace = (tile_count (args) + 1) * sizeof (int64_t);
}

static int
has_nonfinite (const real *x, int64_t n)
{
  real    acc[TL_ROW_LANES] = { 0 }, sum = 0;
  int64_t i = 0;

  /* x - x is NaN exactly where x is not finite, and NaN stays in the sum. */
  for (; i + TL_ROW_LANES <= n; i += TL_ROW_LANES)
    for (int l = 0; l < TL_ROW_LANES; l++)
      acc[l] += x[i + l] - x[i + l];
  for (int l = 0; l < TL_ROW_LANES; l++)
    sum += acc[l];
  for (; i < n; i++)
    sum += x[i] - x[i];
  return sum != sum;
}

void
TL_NAME (tl_find_nonfinite_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlTensorsArgs *args = args_;
  int64_t             *found = workspace;

  if (phase == 0) {
    Pieces pieces = pieces_of (args, tile);
    Piece  piece;

    found[tile] = -1;
    while (found[tile] < 0 && next_piece (&pieces, &piece))
      if (has_nonfinite ((const real *)data[piece.tensor] + piece.start, piece.n))
        found[tile] = piece.tensor;
  } else {
    int64_t first = -1, n = (int64_t)tile_count (args);

    for (int64_t t = 0; t < n && first < 0; t++)
      first = found[t];
    *(int64_t *)data[args->n] = first;
  }
}
