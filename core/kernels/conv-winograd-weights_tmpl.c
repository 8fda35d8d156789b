/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The weight gradient by Winograd's minimal filtering; see conv-winograd.h.
 *
 * Phase 0 sums, for a fixed group of blocks of tiles, 36 products over tiles into a partial [36][c][o]; phase 1 adds the partials in
 * order and transforms them to 3 x 3.
 */

#include "core/kernels/conv-winograd.h"

#define N_PARTIALS 8
#define PARTIAL_MAX 262144 /* elements */
#define COMBINE_C 8        /* channels of a tile of phase 1 */

typedef struct {
  const TlConvArgs *args;
  WinogradTiles     tiles;
  int64_t           n_partials, partial; /* number; elements */
  int64_t           d_plane;             /* distance in d, the transformed [36][tile][o] */
  int64_t           n_combine_tiles;
  size_t            at_v, at_d, n_scratch; /* elements */
} WeightPlan;

bool
TL_NAME (tl_conv_winograd_weights_fits) (const TlConvArgs *args)
{
  return TL_NAME (tl_conv_winograd_fits) (args) && WINOGRAD_N * args->c * args->o <= PARTIAL_MAX;
}

static void
plan_weights (const TlConvArgs *args, WeightPlan *plan)
{
  *plan = (WeightPlan){ .args = args };
  TL_NAME (tl_conv_winograd_tiles)
  (args, false, &plan->tiles);
  plan->n_partials = min_i64 (N_PARTIALS, plan->tiles.n_blocks);
  plan->partial = WINOGRAD_N * args->c * args->o;
  plan->d_plane = plan->tiles.block * args->o + VL;
  plan->n_combine_tiles = ceil_div (args->c, COMBINE_C);
  plan->at_v = round_up (max_i64 (args->c, args->o), VL); /* behind the zeros */
  plan->at_d = plan->at_v + WINOGRAD_N * plan->tiles.v_plane;
  plan->n_scratch = plan->at_d + WINOGRAD_N * plan->d_plane;
}

/* A of four vectors: six. */
BLOCK_FUNCTION void
transform_results (const Vec *y, const int step, Vec *m, const int m_step)
{
  const Vec a = WINOGRAD_CONST (WINOGRAD_A), b = WINOGRAD_CONST (WINOGRAD_B);
  const Vec a2 = WINOGRAD_CONST (WINOGRAD_A2), b2 = WINOGRAD_CONST (WINOGRAD_B2);
  Vec       y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  Vec       even_a = vec_fma (a2, y2, y0), odd_a = a * vec_fma (a2, y3, y1);
  Vec       even_b = vec_fma (b2, y2, y0), odd_b = b * vec_fma (b2, y3, y1);

  m[0] = y0;
  m[m_step] = even_a + odd_a;
  m[2 * m_step] = even_a - odd_a;
  m[3 * m_step] = even_b + odd_b;
  m[4 * m_step] = even_b - odd_b;
  m[5 * m_step] = y3;
}

/* G' of six vectors: three. */
BLOCK_FUNCTION void
transform_gradient (const Vec *u, const int step, Vec *w, const int w_step)
{
  const Vec na = WINOGRAD_CONST (1 / WINOGRAD_NA), nb = WINOGRAD_CONST (1 / WINOGRAD_NB);
  Vec       even_a = na * (u[step] + u[2 * step]), odd_a = na * (u[step] - u[2 * step]);
  Vec       even_b = nb * (u[3 * step] + u[4 * step]), odd_b = nb * (u[3 * step] - u[4 * step]);

  w[0] = vec_fma (WINOGRAD_CONST (1 / WINOGRAD_N0), u[0], even_a + even_b);
  w[w_step] = vec_fma (WINOGRAD_CONST (WINOGRAD_B), odd_b, WINOGRAD_CONST (WINOGRAD_A) * odd_a);
  w[2 * w_step] = vec_fma (WINOGRAD_CONST (WINOGRAD_A2), even_a, vec_fma (WINOGRAD_CONST (WINOGRAD_B2), even_b, u[5 * step]));
}

/* A dY A' of the tiles [first, first + n). */
static void
transform_dy (const WeightPlan *plan, const real *dy, int64_t first, int64_t n, const real *zeros, real *d)
{
  const TlConvArgs *args = plan->args;

  for (int64_t t = 0; t < n; t++, d += args->o) {
    WinogradPlace place = winograd_place (&plan->tiles, first + t);
    const real   *at[16];

    for (int64_t i = 0; i < 16; i++) {
      int64_t row = place.row + i / 4, col = place.col + i % 4;
      bool    inside = row < args->out[0] && col < args->out[1];

      at[i] = inside ? dy + place.image * args->y_stride[0] + row * args->y_stride[1] + col * args->y_stride[2] : zeros;
    }
    for (int64_t o = 0; o < args->o; o += VL) {
      Vec y[16], half[24], m[WINOGRAD_N];

      UNROLL
      for (int i = 0; i < 16; i++)
        y[i] = vec_load (at[i] + o);
      UNROLL
      for (int j = 0; j < WINOGRAD_OUT; j++)
        transform_results (y + j, WINOGRAD_OUT, half + j, WINOGRAD_OUT);
      UNROLL
      for (int i = 0; i < WINOGRAD_IN; i++)
        transform_results (half + WINOGRAD_OUT * i, 1, m + WINOGRAD_IN * i, 1);
      for (int i = 0; i < WINOGRAD_N; i++)
        vec_store (d + i * plan->d_plane + o, m[i]);
    }
  }
}

/* Rows are channels of x, k runs over tiles, columns are channels of dy. */
static void
multiply (const WeightPlan *plan, const real *v, const real *d, int64_t n_tiles, bool add, real *partial)
{
  const TlConvArgs *args = plan->args;
  MicroSegment      segment = { .len = n_tiles };
  int64_t           n_rows = ceil_div (args->c, MR);

  for (int p = 0; p < WINOGRAD_N; p++)
    for (int64_t o = 0; o < args->o; o += NR)
      for (int64_t r = 0; r < n_rows; r++) {
        int64_t row = args->c * r / n_rows, n = args->c * (r + 1) / n_rows - row;
        Micro   micro = {
            .a = v + p * plan->tiles.v_plane + row,
            .a_row = 1,
            .a_group = 3,
            .a_step = plan->tiles.v_tile,
            .b = d + p * plan->d_plane + o,
            .b_step = args->o,
            .segments = &segment,
            .n_segments = 1,
            .c = partial + (p * args->c + row) * args->o + o,
            .c_row = args->o,
            .add = add,
        };
        micro_run (&micro, true, (int)n, (int)min_i64 (NR, args->o - o));
      }
}

static void
run_partial (const WeightPlan *plan, const real *x, const real *dy, size_t index, real *partials, real *scratch)
{
  const WinogradTiles *tiles = &plan->tiles;
  int64_t              first = tiles->n_blocks * (int64_t)index / plan->n_partials;
  int64_t              end = tiles->n_blocks * ((int64_t)index + 1) / plan->n_partials;
  real                *v = scratch + plan->at_v, *d = scratch + plan->at_d;

  memset (scratch, 0, plan->at_v * sizeof (real));
  for (int64_t b = first; b < end; b++) {
    int64_t tile = b * tiles->block, n = min_i64 (tiles->block, tiles->n_tiles - tile);

    TL_NAME (tl_conv_winograd_sources)
    (tiles, x, tile, n, scratch, v);
    transform_dy (plan, dy, tile, n, scratch, d);
    multiply (plan, v, d, n, b > first, partials + (int64_t)index * plan->partial);
  }
}

/* Phase 1: some channels of x. */
static void
run_combine (const WeightPlan *plan, const real *partials, size_t tile, real *dw)
{
  const TlConvArgs *args = plan->args;
  int64_t           end = min_i64 (((int64_t)tile + 1) * COMBINE_C, args->c);

  for (int64_t c = (int64_t)tile * COMBINE_C; c < end; c++)
    for (int64_t o = 0; o < args->o; o += VL) {
      Vec  u[WINOGRAD_N], half[18], w[9];
      real lanes[9][VL];

      for (int i = 0; i < WINOGRAD_N; i++) {
        const real *from = partials + (i * args->c + c) * args->o + o;

        u[i] = vec_load (from);
        for (int64_t p = 1; p < plan->n_partials; p++)
          u[i] += vec_load (from + p * plan->partial);
      }
      UNROLL
      for (int j = 0; j < WINOGRAD_IN; j++)
        transform_gradient (u + j, WINOGRAD_IN, half + j, WINOGRAD_IN);
      UNROLL
      for (int i = 0; i < 3; i++)
        transform_gradient (half + WINOGRAD_IN * i, 1, w + 3 * i, 1);
      memcpy (lanes, w, sizeof lanes);
      for (int i = 0; i < VL; i++)
        for (int k = 0; k < 9; k++)
          dw[((o + i) * args->c + c) * 9 + k] = lanes[k][i];
    }
}

void
TL_NAME (tl_conv_winograd_weights_measure) (const TlConvArgs *args, TlWork *work)
{
  WeightPlan plan;

  plan_weights (args, &plan);
  work->n_phases = 2;
  work->n_tiles[0] = plan.n_partials;
  work->n_tiles[1] = plan.n_combine_tiles;
  work->workspace = plan.n_partials * plan.partial * sizeof (real);
  work->scratch = plan.n_scratch * sizeof (real);
}

void
TL_NAME (tl_conv_winograd_weights_run) (const TlConvArgs *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  WeightPlan plan;

  plan_weights (args, &plan);
  if (phase == 0)
    run_partial (&plan, data[0], data[1], tile, workspace, scratch);
  else
    run_combine (&plan, workspace, tile, data[2]);
}
