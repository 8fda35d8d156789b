/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Batch normalisation over [n, c, s].
 *
 * Statistics are taken over blocks: of rows (n, s) with all channels as vectors where channels are contiguous, else of images,
 * channel by channel.  Either way a block leaves two numbers per channel, [block][2][c], which the second phase merges in a tree:
 * mean and sum of squares about it (Chan, Golub & LeVeque 1983), or two sums.
 *
 * Source: Ioffe & Szegedy 2015, arXiv:1502.03167
 */

#include "core/kernels/norm.h"
#include "core/kernels/rows.h"

#define KERNEL(name)                                              \
  void TL_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_batch_norm_forward)
KERNEL (tl_batch_norm_infer)
KERNEL (tl_batch_norm_backward)

#define BLOCK_ELEMENTS 16384
#define TILE_ELEMENTS 65536
#define CHANNEL_BLOCK 256

typedef struct {
  int     vectors;  /* channels are contiguous in every operand */
  int64_t units;    /* rows, or images */
  int64_t per_unit; /* elements of a unit per channel: 1, or s */
  int64_t per_block;
  int64_t blocks;
  int64_t group; /* channels of a tile */
  int64_t groups;
} Cut;

static Cut
cut_of (const TlBatchNormArgs *args, int with_dx)
{
  Cut cut = { .vectors = args->x_c == 1 && args->y_c == 1 && (!with_dx || args->dx_c == 1) && args->c >= 8 };

  if (cut.vectors) {
    cut.units = args->n * args->s;
    cut.per_unit = 1;
    cut.per_block = tl_min_i64 (512, tl_max_i64 (1, BLOCK_ELEMENTS / args->c));
    cut.group = args->c;
  } else {
    cut.units = args->n;
    cut.per_unit = args->s;
    cut.per_block = tl_max_i64 (1, BLOCK_ELEMENTS / tl_max_i64 (1, args->s));
    cut.group = tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, cut.per_block * args->s));
  }
  cut.blocks = tl_ceil_div (cut.units, cut.per_block);
  cut.groups = args->c > 0 ? tl_ceil_div (args->c, cut.group) : 0;
  return cut;
}

static size_t
workspace_of (const TlBatchNormArgs *args, const Cut *cut)
{
  return (size_t)(tl_max_i64 (1, cut->blocks) * 2 * tl_max_i64 (1, args->c)) * sizeof (real);
}

/* Where row (n, s) of a channels-last operand starts. */
static inline int64_t
row_offset (const TlBatchNormArgs *args, int64_t row, int64_t stride_n, int64_t stride_s)
{
  if (stride_n == args->s * stride_s) /* divisions cost more than a row of channels */
    return row * stride_s;
  return row / args->s * stride_n + row % args->s * stride_s;
}

/* Mean, and sum of squares about it, of a block of rows, all channels at once. */
static void
block_moments_vectors (const TlBatchNormArgs *args, const real *x, int64_t first, int64_t end, real *restrict mean, real *restrict m2)
{
  real    scale = 1 / (real)(end - first);
  int64_t channels = args->c;

  memset (mean, 0, (size_t)channels * sizeof (real));
  memset (m2, 0, (size_t)channels * sizeof (real));
  for (int64_t r = first; r < end; r++) {
    const real *row = x + row_offset (args, r, args->x_n, args->x_s);

    for (int64_t c = 0; c < channels; c++)
      mean[c] += row[c];
  }
  for (int64_t c = 0; c < channels; c++)
    mean[c] *= scale;
  for (int64_t r = first; r < end; r++) {
    const real *row = x + row_offset (args, r, args->x_n, args->x_s);

    for (int64_t c = 0; c < channels; c++)
      m2[c] += (row[c] - mean[c]) * (row[c] - mean[c]);
  }
}

/* The same of one channel in a block of images. */
static void
block_moments_channel (const TlBatchNormArgs *args, const real *x, int64_t first, int64_t end, real *mean, real *m2)
{
  real sum = 0, squares = 0, part;

  for (int64_t n = first; n < end; n++) {
    const real *run = x + n * args->x_n;

    if (args->x_s == 1)
      TL_ROW_SUM (part, args->s, run[i]);
    else
      TL_ROW_SUM (part, args->s, run[i * args->x_s]);
    sum += part;
  }
  *mean = sum / (real)((end - first) * args->s);
  for (int64_t n = first; n < end; n++) {
    const real *run = x + n * args->x_n;

    if (args->x_s == 1)
      TL_ROW_SUM (part, args->s, (run[i] - *mean) * (run[i] - *mean));
    else
      TL_ROW_SUM (part, args->s, (run[i * args->x_s] - *mean) * (run[i * args->x_s] - *mean));
    squares += part;
  }
  *m2 = squares;
}

/* Block b joins block a, which stands for blocks [a, b) already. */
static void
merge_moments (const Cut *cut, real *partials, int64_t channels, int64_t a, int64_t b, int64_t first, int64_t end)
{
  int64_t a_units = (b - a) * cut->per_block, b_units = tl_min_i64 (cut->units - b * cut->per_block, a_units);
  real    na = (real)(a_units * cut->per_unit), nb = (real)(b_units * cut->per_unit);
  real   *pa = partials + a * 2 * channels, *pb = partials + b * 2 * channels;
  real    take = nb / (na + nb), weight = na * take;

  TL_VECTOR_LOOP
  for (int64_t c = first; c < end; c++) {
    real d = pb[c] - pa[c];

    pa[channels + c] += pb[channels + c] + d * d * weight;
    pa[c] += d * take;
  }
}

/* y = x scale + shift per channel, over a tile of rows or of (image, channel) runs. */
typedef struct {
  const real *x;
  real       *y;
  const real *scale, *shift; /* by channel */
  int64_t     x_n, x_c, x_s, y_n, y_c, y_s;
} Affine;

static int64_t
affine_tiles (const TlBatchNormArgs *args, const Cut *cut)
{
  if (args->c == 0 || args->s == 0)
    return 0;
  if (cut->vectors)
    return tl_ceil_div (cut->units, tl_max_i64 (1, TILE_ELEMENTS / args->c));
  return tl_ceil_div (args->n * args->c, tl_max_i64 (1, TILE_ELEMENTS / args->s));
}

static void
affine_tile (const TlBatchNormArgs *args, const Cut *cut, const Affine *k, int64_t tile)
{
  int64_t     channels = args->c, length = args->s, x_s = k->x_s, y_s = k->y_s;
  const real *scales = k->scale, *shifts = k->shift;

  if (cut->vectors) {
    int64_t per = tl_max_i64 (1, TILE_ELEMENTS / args->c), end = tl_min_i64 (cut->units, (tile + 1) * per);

    for (int64_t r = tile * per; r < end; r++) {
      const real *x = k->x + row_offset (args, r, k->x_n, k->x_s);
      real       *y = k->y + row_offset (args, r, k->y_n, k->y_s);

      TL_VECTOR_LOOP
      for (int64_t c = 0; c < channels; c++)
        y[c] = FN_FMA (x[c], scales[c], shifts[c]);
    }
  } else {
    int64_t per = tl_max_i64 (1, TILE_ELEMENTS / args->s), end = tl_min_i64 (args->n * args->c, (tile + 1) * per);

    for (int64_t i = tile * per; i < end; i++) {
      int64_t     n = i / args->c, c = i % args->c;
      const real *x = k->x + n * k->x_n + c * k->x_c;
      real       *y = k->y + n * k->y_n + c * k->y_c;
      real        scale = k->scale[c], shift = k->shift[c];

      if (k->x_s == 1 && k->y_s == 1) {
        TL_VECTOR_LOOP
        for (int64_t s = 0; s < length; s++)
          y[s] = FN_FMA (x[s], scale, shift);
      } else {
        for (int64_t s = 0; s < length; s++)
          y[s * y_s] = FN_FMA (x[s * x_s], scale, shift);
      }
    }
  }
}

/* y = (x - mean) invstd gamma + beta as x scale + shift. */
static void
affine_of_statistics (int64_t channels, const real *mean, const real *invstd, const real *gamma, const real *beta, real *scale, real *shift)
{
  for (int64_t c = 0; c < channels; c++) {
    scale[c] = invstd[c] * (gamma ? gamma[c] : 1);
    shift[c] = (beta ? beta[c] : 0) - mean[c] * scale[c];
  }
}

enum {
  X,
  GAMMA,
  BETA,
  Y,
  MEAN,
  VAR,
  INVSTD,
};

void
TL_NAME (tl_batch_norm_forward_measure) (const void *args_, TlWork *work)
{
  const TlBatchNormArgs *args = args_;
  Cut                    cut = cut_of (args, 0);

  *work = (TlWork){ .n_phases = 3 };
  work->n_tiles[0] = (size_t)(cut.blocks * cut.groups);
  work->n_tiles[1] = (size_t)tl_ceil_div (args->c, CHANNEL_BLOCK);
  work->n_tiles[2] = (size_t)affine_tiles (args, &cut);
  work->workspace = workspace_of (args, &cut);
  work->scratch = (size_t)args->c * 2 * sizeof (real);
}

static void
forward_moments (const TlBatchNormArgs *args, const Cut *cut, const real *x, real *partials, int64_t tile)
{
  int64_t b = tile / cut->groups, c0 = tile % cut->groups * cut->group, c1 = tl_min_i64 (args->c, c0 + cut->group);
  int64_t first = b * cut->per_block, end = tl_min_i64 (cut->units, first + cut->per_block);
  real   *mean = partials + b * 2 * args->c, *m2 = mean + args->c;

  if (cut->vectors)
    block_moments_vectors (args, x, first, end, mean, m2);
  else
    for (int64_t c = c0; c < c1; c++)
      block_moments_channel (args, x + c * args->x_c, first, end, mean + c, m2 + c);
}

static void
forward_statistics (const TlBatchNormArgs *args, const Cut *cut, void *const *data, real *partials, int64_t tile)
{
  int64_t first = tile * CHANNEL_BLOCK, end = tl_min_i64 (args->c, first + CHANNEL_BLOCK);
  real    m = (real)(args->n * args->s);

#define MERGE(a, b) merge_moments (cut, partials, args->c, a, b, first, end)
  TL_TREE (cut->blocks, MERGE)
#undef MERGE
  for (int64_t c = first; c < end; c++) {
    real var = cut->blocks > 0 ? partials[args->c + c] / m : 0;

    ((real *)data[MEAN])[c] = cut->blocks > 0 ? partials[c] : 0;
    ((real *)data[VAR])[c] = var;
    ((real *)data[INVSTD])[c] = 1 / FN (sqrt) (var + (real)args->eps);
  }
}

void
TL_NAME (tl_batch_norm_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlBatchNormArgs *args = args_;
  Cut                    cut = cut_of (args, 0);

  if (phase == 0) {
    forward_moments (args, &cut, data[X], workspace, (int64_t)tile);
  } else if (phase == 1) {
    forward_statistics (args, &cut, data, workspace, (int64_t)tile);
  } else {
    real  *scale = scratch, *shift = scale + args->c;
    Affine k = { data[X], data[Y], scale, shift, args->x_n, args->x_c, args->x_s, args->y_n, args->y_c, args->y_s };

    affine_of_statistics (args->c, data[MEAN], data[INVSTD], data[GAMMA], data[BETA], scale, shift);
    affine_tile (args, &cut, &k, (int64_t)tile);
  }
}

void
TL_NAME (tl_batch_norm_infer_measure) (const void *args_, TlWork *work)
{
  const TlBatchNormArgs *args = args_;
  Cut                    cut = cut_of (args, 0);

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)affine_tiles (args, &cut) }, .scratch = (size_t)args->c * 3 * sizeof (real) };
}

void
TL_NAME (tl_batch_norm_infer_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlBatchNormArgs *args = args_;
  Cut                    cut = cut_of (args, 0);
  real                  *scale = scratch, *shift = scale + args->c, *invstd = shift + args->c;
  const real            *var = data[4];
  Affine                 k = { data[0], data[5], scale, shift, args->x_n, args->x_c, args->x_s, args->y_n, args->y_c, args->y_s };

  for (int64_t c = 0; c < args->c; c++)
    invstd[c] = 1 / FN (sqrt) (var[c] + (real)args->eps);
  affine_of_statistics (args->c, data[3], invstd, data[1], data[2], scale, shift);
  affine_tile (args, &cut, &k, (int64_t)tile);
}

enum {
  B_DY,
  B_X,
  B_MEAN,
  B_INVSTD,
  B_GAMMA,
  B_DX,
  B_DGAMMA,
  B_DBETA,
};

void
TL_NAME (tl_batch_norm_backward_measure) (const void *args_, TlWork *work)
{
  const TlBatchNormArgs *args = args_;
  Cut                    cut = cut_of (args, 1);

  *work = (TlWork){ .n_phases = 3 };
  work->n_tiles[0] = (size_t)(cut.blocks * cut.groups);
  work->n_tiles[1] = (size_t)tl_ceil_div (args->c, CHANNEL_BLOCK);
  work->n_tiles[2] = (size_t)affine_tiles (args, &cut);
  work->workspace = workspace_of (args, &cut);
  work->scratch = (size_t)args->c * 3 * sizeof (real);
}

/* Sums of dy and of dy (x - mean) over a block. */
static void
backward_sums (const TlBatchNormArgs *args, const Cut *cut, void *const *data, real *partials, int64_t tile)
{
  int64_t     channels = args->c, length = args->s, y_s = args->y_s, x_s = args->x_s;
  int64_t     b = tile / cut->groups, c0 = tile % cut->groups * cut->group, c1 = tl_min_i64 (args->c, c0 + cut->group);
  int64_t     first = b * cut->per_block, end = tl_min_i64 (cut->units, first + cut->per_block);
  const real *mean = data[B_MEAN];
  real *restrict sum = partials + b * 2 * args->c, *restrict dot = sum + args->c;

  for (int64_t c = c0; c < c1; c++)
    sum[c] = dot[c] = 0;
  if (cut->vectors) {
    for (int64_t r = first; r < end; r++) {
      const real *dy = (const real *)data[B_DY] + row_offset (args, r, args->y_n, args->y_s);
      const real *x = (const real *)data[B_X] + row_offset (args, r, args->x_n, args->x_s);

      for (int64_t c = 0; c < channels; c++) {
        sum[c] += dy[c];
        dot[c] += dy[c] * (x[c] - mean[c]);
      }
    }
    return;
  }
  for (int64_t c = c0; c < c1; c++)
    for (int64_t n = first; n < end; n++) {
      const real *dy = (const real *)data[B_DY] + n * args->y_n + c * args->y_c;
      const real *x = (const real *)data[B_X] + n * args->x_n + c * args->x_c;
      real        part;

      TL_ROW_SUM (part, length, dy[i * y_s]);
      sum[c] += part;
      TL_ROW_SUM (part, length, dy[i * y_s] * (x[i * x_s] - mean[c]));
      dot[c] += part;
    }
}

static void
backward_combine (const TlBatchNormArgs *args, const Cut *cut, void *const *data, real *partials, int64_t tile)
{
  int64_t first = tile * CHANNEL_BLOCK, end = tl_min_i64 (args->c, first + CHANNEL_BLOCK);

#define ADD(a, b)                                                               \
  for (int64_t c = first; c < end; c++) {                                       \
    partials[(a)*2 * args->c + c] += partials[(b)*2 * args->c + c];             \
    partials[((a)*2 + 1) * args->c + c] += partials[((b)*2 + 1) * args->c + c]; \
  }
  TL_TREE (cut->blocks, ADD)
#undef ADD
  for (int64_t c = first; c < end; c++) {
    if (cut->blocks == 0)
      partials[c] = partials[args->c + c] = 0;
    if (data[B_DGAMMA])
      ((real *)data[B_DGAMMA])[c] = partials[args->c + c] * ((const real *)data[B_INVSTD])[c];
    if (data[B_DBETA])
      ((real *)data[B_DBETA])[c] = partials[c];
  }
}

/* dx = a dy + b (x - mean) + c by channel. */
typedef struct {
  real *a, *b, *c;
} Gradient;

static void
gradient_numbers (const TlBatchNormArgs *args, void *const *data, const real *sums, Gradient *g, real *scratch)
{
  const real *invstd = data[B_INVSTD], *gamma = data[B_GAMMA];
  real        m = (real)(args->n * args->s);

  *g = (Gradient){ scratch, scratch + args->c, scratch + 2 * args->c };
  for (int64_t c = 0; c < args->c; c++) {
    real scale = invstd[c] * (gamma ? gamma[c] : 1);

    g->a[c] = scale;
    g->b[c] = args->inference ? 0 : -scale * invstd[c] * invstd[c] * sums[args->c + c] / m;
    g->c[c] = args->inference ? 0 : -scale * sums[c] / m;
  }
}

static void
backward_dx (const TlBatchNormArgs *args, const Cut *cut, void *const *data, const Gradient *g, int64_t tile)
{
  const real *mean = data[B_MEAN], *ga = g->a, *gb = g->b, *gc = g->c;
  int64_t     channels = args->c, length = args->s, y_s = args->y_s, x_s = args->x_s, dx_s = args->dx_s;

  if (cut->vectors) {
    int64_t per = tl_max_i64 (1, TILE_ELEMENTS / args->c), end = tl_min_i64 (cut->units, (tile + 1) * per);

    for (int64_t r = tile * per; r < end; r++) {
      const real *dy = (const real *)data[B_DY] + row_offset (args, r, args->y_n, args->y_s);
      const real *x = (const real *)data[B_X] + row_offset (args, r, args->x_n, args->x_s);
      real       *dx = (real *)data[B_DX] + row_offset (args, r, args->dx_n, args->dx_s);

      TL_VECTOR_LOOP
      for (int64_t c = 0; c < channels; c++)
        dx[c] = FN_FMA (dy[c], ga[c], FN_FMA (x[c] - mean[c], gb[c], gc[c]));
    }
    return;
  }
  for (int64_t per = tl_max_i64 (1, TILE_ELEMENTS / args->s), i = tile * per; i < tl_min_i64 (args->n * args->c, (tile + 1) * per); i++) {
    int64_t     n = i / args->c, c = i % args->c;
    const real *dy = (const real *)data[B_DY] + n * args->y_n + c * args->y_c;
    const real *x = (const real *)data[B_X] + n * args->x_n + c * args->x_c;
    real       *dx = (real *)data[B_DX] + n * args->dx_n + c * args->dx_c;
    real        a = g->a[c], b = g->b[c], k = g->c[c], mu = mean[c];

    TL_VECTOR_LOOP
    for (int64_t s = 0; s < length; s++)
      dx[s * dx_s] = FN_FMA (dy[s * y_s], a, FN_FMA (x[s * x_s] - mu, b, k));
  }
}

void
TL_NAME (tl_batch_norm_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlBatchNormArgs *args = args_;
  Cut                    cut = cut_of (args, 1);

  if (phase == 0) {
    backward_sums (args, &cut, data, workspace, (int64_t)tile);
  } else if (phase == 1) {
    backward_combine (args, &cut, data, workspace, (int64_t)tile);
  } else if (data[B_DX]) {
    Gradient g;

    gradient_numbers (args, data, workspace, &g, scratch);
    backward_dx (args, &cut, data, &g, (int64_t)tile);
  }
}
