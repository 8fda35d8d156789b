/* SPDX-License-Identifier: Apache-2.0 */

/* Forward and data gradient by Winograd's minimal filtering; see conv-winograd.h. */

#include "core/kernels/conv-winograd.h"

#define PACK_PAIRS 4096 /* vectors of weights that a tile of phase 0 transforms */

typedef struct {
  const TlConvArgs *args;
  bool              gradient;
  WinogradTiles     tiles;
  const int64_t    *dst_stride;
  int64_t           dst_c;
  int64_t           n_panels, chunk;       /* panels whose sums are held at once */
  int64_t           panel;                 /* elements of u */
  int64_t           m_tile, m_plane;       /* distances in m */
  int64_t           pack_c, n_pack_tiles;  /* source channels of a tile of phase 0 */
  size_t            at_v, at_m, n_scratch; /* elements */
} WinogradPlan;

bool
TL_NAME (tl_conv_winograd_fits) (const TlConvArgs *args)
{
  int64_t tiles = 1, pixels = 1;

  if (sizeof (real) != sizeof (float) || args->groups != 1 || args->c % VL != 0 || args->o % VL != 0 || args->c < 16 || args->o < 16)
    return false;
  for (int d = 0; d < 2; d++) {
    if (args->kernel[d] != 3 || args->stride[d] != 1 || args->dilation[d] != 1 || args->pad_low[d] < 0 || args->pad_low[d] > 2 ||
        args->pad_high[d] < 0 || args->pad_high[d] > 2)
      return false;
    tiles *= ceil_div (args->out[d], WINOGRAD_OUT);
    pixels *= args->out[d];
  }
  /* Not where most of the tiles stand out, nor where weights are more work than pictures. */
  return tiles * WINOGRAD_N < pixels * 6 && args->n * tiles >= 32;
}

void
TL_NAME (tl_conv_winograd_tiles) (const TlConvArgs *args, bool gradient, WinogradTiles *tiles)
{
  *tiles = (WinogradTiles){
    .n_src = gradient ? args->out : args->in,
    .n_dst = gradient ? args->in : args->out,
    .src_stride = gradient ? args->y_stride : args->x_stride,
    .src_c = gradient ? args->o : args->c,
    .n_tiles = args->n,
  };
  for (int d = 0; d < 2; d++) {
    tiles->pad[d] = gradient ? 2 - args->pad_low[d] : args->pad_low[d];
    tiles->tiles[d] = ceil_div (tiles->n_dst[d], WINOGRAD_OUT);
    tiles->n_tiles *= tiles->tiles[d];
  }
  tiles->block = min_i64 (max_i64 (WINOGRAD_BLOCK / (WINOGRAD_N * tiles->src_c) / MR, 28 / MR) * MR, 4 * 14);
  tiles->n_blocks = ceil_div (tiles->n_tiles, tiles->block);
  tiles->v_tile = tiles->src_c * (int64_t)sizeof (real) % 1024 == 0 ? tiles->src_c + VL : tiles->src_c;
  tiles->v_plane = tiles->block * tiles->v_tile + VL;
}

static void
plan_winograd (const TlConvArgs *args, bool gradient, WinogradPlan *plan)
{
  *plan = (WinogradPlan){ .args = args, .gradient = gradient };
  TL_NAME (tl_conv_winograd_tiles)
  (args, gradient, &plan->tiles);
  plan->dst_stride = gradient ? args->x_stride : args->y_stride;
  plan->dst_c = gradient ? args->c : args->o;
  plan->n_panels = ceil_div (plan->dst_c, NR);
  plan->chunk = min_i64 (plan->n_panels, max_i64 (1, WINOGRAD_BLOCK / (WINOGRAD_N * plan->tiles.block * NR)));
  plan->panel = WINOGRAD_N * plan->tiles.src_c * NR;
  plan->m_tile = plan->chunk * NR;
  plan->m_plane = plan->tiles.block * plan->m_tile + VL;
  plan->pack_c = max_i64 (1, min_i64 (plan->tiles.src_c, PACK_PAIRS * VL / max_i64 (plan->n_panels * NR, 1)));
  plan->n_pack_tiles = ceil_div (plan->tiles.src_c, plan->pack_c);
  plan->at_v = round_up (plan->tiles.src_c, VL); /* behind the zeros */
  plan->at_m = plan->at_v + WINOGRAD_N * plan->tiles.v_plane;
  plan->n_scratch = plan->at_m + WINOGRAD_N * plan->m_plane;
}

/* B' of six vectors, `step` apart. */
BLOCK_FUNCTION void
transform_source (const Vec *x, const int step, Vec *y, const int y_step)
{
  const Vec a2 = WINOGRAD_CONST (-WINOGRAD_A2), b2 = WINOGRAD_CONST (-WINOGRAD_B2), n0 = WINOGRAD_CONST (WINOGRAD_N0);
  const Vec sum = WINOGRAD_CONST (-WINOGRAD_A2 - WINOGRAD_B2);
  Vec       x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step];
  Vec       even_a = vec_fma (b2, x2, x4), odd_a = WINOGRAD_CONST (WINOGRAD_A) * vec_fma (b2, x1, x3);
  Vec       even_b = vec_fma (a2, x2, x4), odd_b = WINOGRAD_CONST (WINOGRAD_B) * vec_fma (a2, x1, x3);

  y[0] = vec_fma (n0, x[0], vec_fma (sum, x2, x4));
  y[5 * y_step] = vec_fma (n0, x1, vec_fma (sum, x3, x[5 * step]));
  y[y_step] = even_a + odd_a;
  y[2 * y_step] = even_a - odd_a;
  y[3 * y_step] = even_b + odd_b;
  y[4 * y_step] = even_b - odd_b;
}

/* A' of six vectors: four. */
BLOCK_FUNCTION void
transform_sums (const Vec *m, const int step, Vec *y, const int y_step)
{
  const Vec a = WINOGRAD_CONST (WINOGRAD_A), b = WINOGRAD_CONST (WINOGRAD_B);
  const Vec a2 = WINOGRAD_CONST (WINOGRAD_A2), b2 = WINOGRAD_CONST (WINOGRAD_B2);
  Vec       even_a = m[step] + m[2 * step], odd_a = a * (m[step] - m[2 * step]);
  Vec       even_b = m[3 * step] + m[4 * step], odd_b = b * (m[3 * step] - m[4 * step]);

  y[0] = m[0] + even_a + even_b;
  y[y_step] = odd_a + odd_b;
  y[2 * y_step] = vec_fma (b2, even_b, a2 * even_a);
  y[3 * y_step] = vec_fma (b2, odd_b, vec_fma (a2, odd_a, m[5 * step]));
}

/* G of three vectors: six. */
BLOCK_FUNCTION void
transform_weights (const Vec *w, const int step, Vec *u, const int u_step)
{
  const Vec na = WINOGRAD_CONST (1 / WINOGRAD_NA), nb = WINOGRAD_CONST (1 / WINOGRAD_NB);
  Vec       w0 = w[0], w1 = w[step], w2 = w[2 * step];
  Vec       even_a = vec_fma (WINOGRAD_CONST (WINOGRAD_A2), w2, w0) * na, odd_a = WINOGRAD_CONST (WINOGRAD_A / WINOGRAD_NA) * w1;
  Vec       even_b = vec_fma (WINOGRAD_CONST (WINOGRAD_B2), w2, w0) * nb, odd_b = WINOGRAD_CONST (WINOGRAD_B / WINOGRAD_NB) * w1;

  u[0] = WINOGRAD_CONST (1 / WINOGRAD_N0) * w0;
  u[u_step] = even_a + odd_a;
  u[2 * u_step] = even_a - odd_a;
  u[3 * u_step] = even_b + odd_b;
  u[4 * u_step] = even_b - odd_b;
  u[5 * u_step] = w2;
}

void
TL_NAME (tl_conv_winograd_sources) (const WinogradTiles *tiles, const real *src, int64_t first, int64_t n, const real *zeros, real *v)
{
  for (int64_t t = 0; t < n; t++, v += tiles->v_tile) {
    WinogradPlace place = winograd_place (tiles, first + t);
    const real   *at[WINOGRAD_N];

    for (int64_t i = 0; i < WINOGRAD_IN; i++)
      for (int64_t j = 0; j < WINOGRAD_IN; j++) {
        int64_t row = place.row + i - tiles->pad[0], col = place.col + j - tiles->pad[1];
        bool    inside = row >= 0 && row < tiles->n_src[0] && col >= 0 && col < tiles->n_src[1];

        at[i * WINOGRAD_IN + j] =
          inside ? src + place.image * tiles->src_stride[0] + row * tiles->src_stride[1] + col * tiles->src_stride[2] : zeros;
      }
    for (int64_t c = 0; c < tiles->src_c; c += VL) {
      Vec x[WINOGRAD_N], y[WINOGRAD_N];

      UNROLL
      for (int i = 0; i < WINOGRAD_N; i++)
        x[i] = vec_load (at[i] + c);
      UNROLL
      for (int j = 0; j < WINOGRAD_IN; j++)
        transform_source (x + j, WINOGRAD_IN, y + j, WINOGRAD_IN);
      UNROLL
      for (int i = 0; i < WINOGRAD_IN; i++)
        transform_source (y + i * WINOGRAD_IN, 1, x + i * WINOGRAD_IN, 1);
      for (int i = 0; i < WINOGRAD_N; i++)
        vec_store (v + i * tiles->v_plane + c, x[i]);
    }
  }
}

/* Phase 0: u of some source channels. */
static void
run_pack (const WinogradPlan *plan, const real *weights, size_t tile, real *u)
{
  const TlConvArgs *args = plan->args;
  int64_t           src_c = plan->tiles.src_c, end = min_i64 (((int64_t)tile + 1) * plan->pack_c, src_c);
  int64_t           src_leap = 9 * (plan->gradient ? args->c : 1), dst_leap = 9 * (plan->gradient ? 1 : args->c);

  for (int64_t s = (int64_t)tile * plan->pack_c; s < end; s++)
    for (int64_t d = 0; d < plan->dst_c; d += VL) {
      real        lanes[9][VL];
      Vec         w[9], half[18], all[WINOGRAD_N];
      const real *from = weights + s * src_leap + d * dst_leap;
      real       *to = u + d / NR * plan->panel + s * NR + d % NR;

      for (int i = 0; i < VL; i++)
        for (int k = 0; k < 9; k++)
          lanes[plan->gradient ? 8 - k : k][i] = from[i * dst_leap + k];
      memcpy (w, lanes, sizeof w);
      UNROLL
      for (int j = 0; j < 3; j++)
        transform_weights (w + j, 3, half + j, 3);
      UNROLL
      for (int i = 0; i < WINOGRAD_IN; i++)
        transform_weights (half + 3 * i, 1, all + WINOGRAD_IN * i, 1);
      for (int i = 0; i < WINOGRAD_N; i++)
        vec_store (to + i * src_c * NR, all[i]);
    }
}

/* The 36 products of a block of tiles with some panels. */
static void
multiply (const WinogradPlan *plan, const real *v, const real *u, int64_t n_tiles, int64_t panel0, int64_t panel1, real *m)
{
  const WinogradTiles *tiles = &plan->tiles;
  int64_t              n_rows = ceil_div (n_tiles, MR), piece = gemm_k_block (tiles->src_c);

  for (int p = 0; p < WINOGRAD_N; p++)
    for (int64_t q = panel0; q < panel1; q++)
      for (int64_t r = 0; r < n_rows; r++) {
        int64_t row = n_tiles * r / n_rows, n = n_tiles * (r + 1) / n_rows - row;
        int     n_cols = (int)min_i64 (NR, plan->dst_c - q * NR);

        for (int64_t k = 0; k < tiles->src_c; k += piece) {
          MicroSegment segment = { k, k * NR, min_i64 (piece, tiles->src_c - k) };
          Micro        micro = {
                   .a = v + p * tiles->v_plane + row * tiles->v_tile,
                   .a_row = tiles->v_tile,
                   .a_group = 3 * tiles->v_tile,
                   .a_step = 1,
                   .b = u + q * plan->panel + p * tiles->src_c * NR,
                   .b_step = NR,
                   .segments = &segment,
                   .n_segments = 1,
                   .c = m + p * plan->m_plane + row * plan->m_tile + (q - panel0) * NR,
                   .c_row = plan->m_tile,
                   .add = k > 0,
          };
          micro_run (&micro, false, (int)n, n_cols);
        }
      }
}

/* Results of a tile for one vector of channels. */
static inline void
store_tile (const WinogradPlan *plan, const real *m, const real *bias, real *dst, int64_t n_rows, int64_t n_cols)
{
  bool relu = plan->args->activation == TL_ACTIVATION_RELU && !plan->gradient;
  Vec  x[WINOGRAD_N], half[24], y[16];

  UNROLL
  for (int i = 0; i < WINOGRAD_N; i++)
    x[i] = vec_load (m + i * plan->m_plane);
  UNROLL
  for (int j = 0; j < WINOGRAD_IN; j++)
    transform_sums (x + j, WINOGRAD_IN, half + j, WINOGRAD_IN);
  UNROLL
  for (int i = 0; i < WINOGRAD_OUT; i++)
    transform_sums (half + WINOGRAD_IN * i, 1, y + WINOGRAD_OUT * i, 1);
  for (int i = 0; i < 16; i++) {
    if (bias != NULL)
      y[i] += vec_load (bias);
    if (relu)
      y[i] = vec_relu (y[i]);
  }
  for (int64_t i = 0; i < n_rows; i++)
    for (int64_t j = 0; j < n_cols; j++)
      vec_store (dst + i * plan->dst_stride[1] + j * plan->dst_stride[2], y[i * WINOGRAD_OUT + j]);
}

/* Phase 1: a block of tiles. */
static void
run_block (const WinogradPlan *plan, const real *src, const real *u, const real *bias, real *dst, size_t block, real *scratch)
{
  const WinogradTiles *tiles = &plan->tiles;
  int64_t              first = (int64_t)block * tiles->block, n = min_i64 (tiles->block, tiles->n_tiles - first);
  real                *v = scratch + plan->at_v, *m = scratch + plan->at_m;

  memset (scratch, 0, plan->at_v * sizeof (real));
  TL_NAME (tl_conv_winograd_sources)
  (tiles, src, first, n, scratch, v);
  for (int64_t q = 0; q < plan->n_panels; q += plan->chunk) {
    int64_t end = min_i64 (q + plan->chunk, plan->n_panels), end_c = min_i64 (end * NR, plan->dst_c);

    multiply (plan, v, u, n, q, end, m);
    for (int64_t t = 0; t < n; t++) {
      WinogradPlace place = winograd_place (tiles, first + t);
      int64_t       n_rows = min_i64 (WINOGRAD_OUT, tiles->n_dst[0] - place.row);
      int64_t       n_cols = min_i64 (WINOGRAD_OUT, tiles->n_dst[1] - place.col);
      real         *to = dst + place.image * plan->dst_stride[0] + place.row * plan->dst_stride[1] + place.col * plan->dst_stride[2];

      for (int64_t c = q * NR; c < end_c; c += VL)
        store_tile (plan, m + t * plan->m_tile + c - q * NR, bias != NULL ? bias + c : NULL, to + c, n_rows, n_cols);
    }
  }
}

void
TL_NAME (tl_conv_winograd_measure) (const TlConvArgs *args, bool gradient, TlWork *work)
{
  WinogradPlan plan;

  plan_winograd (args, gradient, &plan);
  work->n_phases = 2;
  work->n_tiles[0] = plan.n_pack_tiles;
  work->n_tiles[1] = plan.tiles.n_blocks;
  work->workspace = plan.n_panels * plan.panel * sizeof (real);
  work->scratch = plan.n_scratch * sizeof (real);
}

void
TL_NAME (tl_conv_winograd_run) (const TlConvArgs *args, bool gradient, const real *src, const real *weights, const real *bias, real *dst, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  WinogradPlan plan;

  plan_winograd (args, gradient, &plan);
  if (phase == 0)
    run_pack (&plan, weights, tile, workspace);
  else
    run_block (&plan, src, workspace, bias, dst, tile, scratch);
}
