/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/gemm-private.h"

/* Multiply-adds that take some 25 us, the least a tile is given. */
#define TILE_WORK ((int64_t)131072 * VL)
#define TILE_WORK_MAX (16 * TILE_WORK)
#define N_TILES 16 /* tiles a large product is cut into at least */

/* Elements of a block of the packed factor: 512 KiB, half of a second-level cache. */
#define PACK_MAX (512 * 1024 / (int64_t)sizeof (real))
#define STAGE_MAX 256 /* rows and columns of a tile summed in scratch */

void
TL_NAME (tl_gemm_fold) (const TlGemmArgs *args, TlGemmArgs *folded)
{
  int n = 0;

  *folded = *args;
  if (args->batch_rank == 0)
    return;

  /* Axes of size 1 say nothing. */
  for (int d = 0; d < args->batch_rank; d++) {
    if (args->batch[d] == 1)
      continue;
    folded->batch[n] = args->batch[d];
    folded->a_batch[n] = args->a_batch[d];
    folded->b_batch[n] = args->b_batch[d];
    folded->c_batch[n] = args->c_batch[d];
    folded->aux_batch[n] = args->aux_batch[d];
    n++;
  }

  /* One B for all, and A and C whose batches follow each other row by row: a taller product. */
  while (n > 0 && folded->b_batch[n - 1] == 0 && folded->bias != TL_GEMM_BIAS_M &&
         folded->a_batch[n - 1] == folded->m * folded->a_row && folded->c_batch[n - 1] == folded->m * folded->c_row &&
         (!folded->relu_mask || folded->aux_batch[n - 1] == folded->m * folded->aux_row)) {
    folded->m *= folded->batch[n - 1];
    n--;
  }
  folded->batch_rank = n;
}

/* Elements of 1024 bytes: rows that far apart, or a multiple of it, share few lines of a cache. */
#define CONFLICT (1024 / (ptrdiff_t)sizeof (real))

/* Elements of copied panels: they stay in a second-level cache beside the packed factor. */
#define COPY_MAX (128 * 1024 / (int64_t)sizeof (real))
#define COPY_PANELS 4 /* of columns that a copied row is multiplied with, at least */

/*
 * An estimate in cycles of the product with @rows broadcast and @cols by vectors, stored at @col_stride == 1 as they stand; @copy says that
 * rows are copied.
 */
static double
cost (int64_t rows, int64_t cols, int64_t k, bool turn_pack, bool turn_store, bool copy)
{
  double vectors = ceil_div (cols, VL);
  double product = (double)rows * vectors * k * 0.5;
  double pack = turn_pack ? 0.5 * cols * k : rows > 2 * MR ? 0.15 * cols * k
                                                           : 0;

  return product + pack + (turn_store ? 1.0 * rows * cols : 0) + (copy ? 0.5 * rows * k : 0);
}

static void
choose_path (const TlGemmArgs *args, GemmPlan *plan)
{
  bool a_along_k = args->a_col == 1, b_along_k = args->b_row == 1;

  plan->k = args->k;
  plan->dot = a_along_k && b_along_k && args->k >= 2 * VL && (args->m <= DOT_MAX || args->n <= DOT_MAX);
  if (plan->dot)
    plan->swap = args->n > args->m;
  else
    plan->swap = cost (args->n, args->m, args->k, args->a_row != 1, true, args->b_row != 1) <
                 cost (args->m, args->n, args->k, args->b_col != 1, false, args->a_col != 1);

  if (plan->swap) {
    plan->n_rows = args->n, plan->n_cols = args->m;
    plan->row_stride = args->b_col, plan->row_k = args->b_row;
    plan->col_stride = args->a_row, plan->col_k = args->a_col;
  } else {
    plan->n_rows = args->m, plan->n_cols = args->n;
    plan->row_stride = args->a_row, plan->row_k = args->a_col;
    plan->col_stride = args->b_col, plan->col_k = args->b_row;
  }
  plan->kc = gemm_k_block (args->k);
  plan->staged = !plan->dot && (plan->swap || (args->accumulate && gemm_has_epilogue (args)));
}

/* Cuts rows and columns of one product into tiles. */
static void
cut_product (GemmPlan *plan, int64_t tile_work)
{
  int64_t work = plan->n_rows * plan->n_cols * max_i64 (plan->k, 16);
  int64_t n_pieces = ceil_div (work, tile_work);
  int64_t col_max = max_i64 (PACK_MAX / plan->kc / NR, 1) * NR;
  int64_t n_panels = ceil_div (plan->n_cols, NR);
  int64_t n_row_tiles, n_col_tiles;

  if (plan->dot) {
    plan->n_row_tiles = max_i64 (n_pieces, ceil_div (plan->n_rows, 4096));
    plan->row_tile = round_up (ceil_div (plan->n_rows, plan->n_row_tiles), 8);
    plan->n_row_tiles = ceil_div (plan->n_rows, plan->row_tile);
    plan->col_tile = plan->n_cols, plan->n_col_tiles = 1;
    return;
  }
  if (plan->staged)
    col_max = min_i64 (col_max, round_up (STAGE_MAX, NR));
  n_col_tiles = ceil_div (plan->n_cols, col_max);
  if (plan->n_rows <= 2 * MR)
    n_col_tiles = max_i64 (n_col_tiles, min_i64 (n_pieces, n_panels));
  n_row_tiles = min_i64 (ceil_div (n_pieces, n_col_tiles), ceil_div (plan->n_rows, MR));
  if (n_row_tiles * n_col_tiles < n_pieces)
    n_col_tiles = min_i64 (ceil_div (n_pieces, n_row_tiles), n_panels);
  if (plan->staged)
    n_row_tiles = max_i64 (n_row_tiles, ceil_div (plan->n_rows, STAGE_MAX));

  plan->col_tile = ceil_div (n_panels, n_col_tiles) * NR;
  plan->n_col_tiles = ceil_div (plan->n_cols, plan->col_tile);
  plan->row_tile = ceil_div (plan->n_rows, n_row_tiles);
  plan->n_row_tiles = ceil_div (plan->n_rows, plan->row_tile);
}

static void
choose_packing (const TlGemmArgs *args, GemmPlan *plan)
{
  const int64_t *col_batch = plan->swap ? args->a_batch : args->b_batch;
  ptrdiff_t      leap;
  bool           one_col_factor = true;

  for (int d = 0; d < args->batch_rank; d++)
    one_col_factor = one_col_factor && col_batch[d] == 0;

  plan->columns = plan->row_k != 1 && plan->row_stride == 1;
  leap = plan->columns ? plan->row_k : plan->row_stride;
  plan->copy = (plan->row_k != 1 && !plan->columns) || (leap % CONFLICT == 0 && plan->col_tile > NR) ||
               (plan->columns && plan->col_tile >= COPY_PANELS * NR);
  plan->copy_panels = plan->columns ? max_i64 (1, min_i64 (min_i64 (ceil_div (plan->row_tile, MR), COPY_PANELS_MAX), COPY_MAX / (MR * plan->kc))) : 1;
  plan->direct = plan->col_stride == 1 && plan->n_rows <= 2 * MR;
  plan->shared = !plan->direct && plan->n_row_tiles * plan->n_item_tiles > 1 && one_col_factor;
}

/* The work of a tile, from that of the call: a power of two of tiles up to N_TILES, then tiles of the largest size. */
int64_t
TL_NAME (tl_gemm_tile_work) (int64_t total)
{
  int64_t n_tiles = 1;

  while (n_tiles < N_TILES && total > TILE_WORK * n_tiles * 5 / 4)
    n_tiles *= 2;
  return min_i64 (ceil_div (total, n_tiles), TILE_WORK_MAX);
}

void
TL_NAME (tl_gemm_plan) (const TlGemmArgs *args, GemmPlan *plan)
{
  int64_t work, tile_work;
  size_t  at = 0;

  *plan = (GemmPlan){ .n_items = 1 };
  for (int d = 0; d < args->batch_rank; d++)
    plan->n_items *= args->batch[d];
  if (plan->n_items <= 0 || args->m <= 0 || args->n <= 0)
    return;

  choose_path (args, plan);
  work = plan->n_rows * plan->n_cols * max_i64 (plan->k, 16);
  tile_work = TL_NAME (tl_gemm_tile_work) (work * plan->n_items);
  plan->items_tile = max_i64 (1, min_i64 (tile_work / work, plan->n_items));
  plan->n_item_tiles = ceil_div (plan->n_items, plan->items_tile);
  cut_product (plan, tile_work);
  if (plan->dot) {
    plan->n_scratch = plan->row_tile * DOT_MAX;
    return;
  }
  choose_packing (args, plan);

  /* Vectors of a last panel that is not whole are packed even where the others are read in place. */
  plan->at_edge = at, at += plan->direct && plan->n_cols % VL != 0 ? plan->kc * NR : 0;
  plan->at_pack = at, at += plan->direct || plan->shared ? 0 : plan->kc * plan->col_tile;
  plan->at_copy = at, at += plan->copy ? plan->copy_panels * MR * (plan->kc + VL) : 0;
  if (plan->staged) {
    size_t n = round_up (plan->row_tile, VL) * plan->col_tile;
    plan->at_stage = at, at += n;
    plan->at_out = at, at += plan->swap ? n : 0;
  }
  plan->n_scratch = at;
  if (plan->shared) {
    int64_t n_panels = ceil_div (plan->n_cols, NR);
    plan->n_shared = n_panels * NR * max_i64 (plan->k, 1);
    plan->pack_tile = max_i64 (plan->col_stride == 1 ? 4 : 1, min_i64 (n_panels, PACK_MAX / 2 / (NR * max_i64 (plan->k, 1))));
  }
}
