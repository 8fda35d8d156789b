/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/gemm-private.h"

#define pack_panel TL_NAME (tl_gemm_pack)
#define plan_gemm TL_NAME (tl_gemm_plan)
#define fold_batch TL_NAME (tl_gemm_fold)
#define epilogue TL_NAME (tl_gemm_epilogue)

void TL_NAME (tl_gemm_measure) (const void *args, TlWork *work);
void TL_NAME (tl_gemm_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

/* What the parts of a tile share. */
typedef struct {
  const TlGemmArgs *args;
  const GemmPlan   *plan;
  GemmItem          item;
  const real       *shared;
  real             *scratch;
  const real       *row_base, *col_base;
  int64_t           row0, n_rows, col0, n_cols; /* of the tile */
} Tile;

static GemmItem
item_at (const TlGemmArgs *args, void *const *data, int64_t index)
{
  GemmItem item = { data[0], data[1], data[2], data[3], data[4] };

  for (int d = args->batch_rank - 1; d >= 0; d--) {
    int64_t i = index % args->batch[d];
    index /= args->batch[d];
    item.a += i * args->a_batch[d];
    item.b += i * args->b_batch[d];
    item.c += i * args->c_batch[d];
    if (args->relu_mask)
      item.aux += i * args->aux_batch[d];
  }
  return item;
}

/* Rows at once: two runs of so many, which overlap, are any larger number up to MR. */
#define COPY_ROWS (MR >= 14 ? 8 : 4)

/* Copies a panel of the row factor, in its own orientation but compact. */
static void
copy_rows (const GemmPlan *plan, const real *src, int64_t n_rows, int64_t n_k, real *dst)
{
  if (plan->columns && n_rows >= COPY_ROWS) {
    for (int64_t p = 0; p < n_k; p++, src += plan->row_k, dst += MR) {
      memcpy (dst, src, COPY_ROWS * sizeof (real));
      memcpy (dst + n_rows - COPY_ROWS, src + n_rows - COPY_ROWS, COPY_ROWS * sizeof (real));
    }
  } else if (plan->columns) {
    for (int64_t p = 0; p < n_k; p++)
      for (int64_t i = 0; i < n_rows; i++)
        dst[p * MR + i] = src[p * plan->row_k + i];
  } else if (plan->row_k == 1) {
    for (int64_t i = 0; i < n_rows; i++)
      memcpy (dst + i * (plan->kc + VL), src + i * plan->row_stride, n_k * sizeof (real));
  } else {
    for (int64_t i = 0; i < n_rows; i++)
      for (int64_t p = 0; p < n_k; p++)
        dst[i * (plan->kc + VL) + p] = src[i * plan->row_stride + p * plan->row_k];
  }
}

/* The factor of rows for rows row0.. and k from p0, copied if it must be. */
static void
set_rows (const Tile *tile, Micro *micro, int64_t row, int64_t n_rows, int64_t p0, int64_t n_k)
{
  const GemmPlan *plan = tile->plan;
  ptrdiff_t       leap = plan->columns ? plan->row_k : plan->row_stride;

  micro->a = tile->row_base + row * plan->row_stride + p0 * plan->row_k;
  if (plan->copy) {
    real *copy = tile->scratch + plan->at_copy;
    copy_rows (plan, micro->a, n_rows, n_k, copy);
    micro->a = copy;
    leap = plan->columns ? MR : plan->kc + VL;
  }
  micro->a_row = plan->columns ? 1 : leap;
  micro->a_group = 3 * micro->a_row;
  micro->a_step = plan->columns ? leap : 1;
}

/* The factor of columns for one panel and k from p0. */
static void
set_cols (const Tile *tile, Micro *micro, int64_t col, int64_t n_cols, int64_t p0, int64_t n_k)
{
  const GemmPlan *plan = tile->plan;

  micro->b_step = NR;
  if (plan->shared) {
    micro->b = tile->shared + col * max_i64 (plan->k, 1) + p0 * NR;
  } else if (!plan->direct) {
    micro->b = tile->scratch + plan->at_pack + (col - tile->col0) * plan->kc;
  } else if (n_cols % VL == 0) {
    micro->b = tile->col_base + col + p0 * plan->col_k;
    micro->b_step = plan->col_k;
  } else {
    micro->b = tile->scratch + plan->at_edge;
  }
}

static void
pack_tile (const Tile *tile, int64_t p0, int64_t n_k)
{
  const GemmPlan *plan = tile->plan;
  int64_t         end = tile->col0 + tile->n_cols;

  for (int64_t col = tile->col0; col < end; col += NR) {
    int64_t     n_cols = min_i64 (NR, end - col);
    const real *src = tile->col_base + col * plan->col_stride + p0 * plan->col_k;

    if (!plan->direct)
      pack_panel (src, plan->col_k, plan->col_stride, n_k, n_cols, tile->scratch + plan->at_pack + (col - tile->col0) * plan->kc);
    else if (n_cols % VL != 0)
      pack_panel (src, plan->col_k, plan->col_stride, n_k, n_cols, tile->scratch + plan->at_edge);
  }
}

/* Turns the sums of a swapped tile and finishes them. */
static void
finish_swapped (const Tile *tile)
{
  const GemmPlan *plan = tile->plan;
  const real     *stage = tile->scratch + plan->at_stage;
  real           *out = tile->scratch + plan->at_out;
  int64_t         out_row = round_up (plan->row_tile, VL);

  for (int64_t i = 0; i < tile->n_rows; i += VL)
    for (int64_t j = 0; j < tile->n_cols; j += VL)
      TL_NAME (tl_gemm_transpose)
  (stage + i * plan->col_tile + j, plan->col_tile, out + j * out_row + i, out_row);
  epilogue (tile->args, &tile->item, out, out_row, tile->col0, tile->n_cols, tile->row0, tile->n_rows);
}

/*
 * Asks for part `index` of `n` of a panel of the row factor, while the panel before it is multiplied: its rows are short runs
 * far apart, which the processor does not foresee.
 */
static void
prefetch_rows (const Tile *tile, int64_t row, int64_t n_rows, int64_t p0, int64_t n_k, int64_t index, int64_t n)
{
  const GemmPlan *plan = tile->plan;
  const int64_t   line = 64 / (int64_t)sizeof (real);
  int64_t         first = n_k * index / n, end = n_k * (index + 1) / n;
  const real     *src = tile->row_base + row * plan->row_stride + p0 * plan->row_k;

  if (plan->columns) {
    for (int64_t p = first; p < end; p++) {
      __builtin_prefetch (src + p * plan->row_k, 0, 2);
      __builtin_prefetch (src + p * plan->row_k + n_rows - 1, 0, 2);
    }
  } else if (plan->row_k == 1) {
    for (int64_t i = 0; i < n_rows; i++)
      for (int64_t p = first / line * line; p < end; p += line)
        __builtin_prefetch (src + i * plan->row_stride + p, 0, 2);
  }
}

/* One panel of rows times all columns of the tile, over one block of k. */
static void
run_panel (const Tile *tile, int64_t row, int64_t n_rows, int64_t p0, int64_t n_k)
{
  const GemmPlan    *plan = tile->plan;
  int64_t            end = tile->col0 + tile->n_cols;
  const MicroSegment segment = { .len = n_k };
  Micro              micro = { .segments = &segment, .n_segments = 1 };
  int64_t            end_row = tile->row0 + tile->n_rows;
  int64_t            next_rows = min_i64 (n_rows, end_row - row - n_rows);
  real              *c;

  set_rows (tile, &micro, row, n_rows, p0, n_k);
  if (plan->staged) {
    c = tile->scratch + plan->at_stage + (row - tile->row0) * plan->col_tile;
    micro.c_row = plan->col_tile;
    micro.add = p0 > 0;
  } else {
    c = tile->item.c + row * tile->args->c_row + tile->col0;
    micro.c_row = tile->args->c_row;
    micro.add = p0 > 0 || tile->args->accumulate;
  }
  for (int64_t col = tile->col0; col < end; col += NR) {
    int64_t n_cols = min_i64 (NR, end - col);

    if (next_rows > 0)
      prefetch_rows (tile, row + n_rows, next_rows, p0, n_k, (col - tile->col0) / NR, ceil_div (tile->n_cols, NR));
    set_cols (tile, &micro, col, n_cols, p0, n_k);
    micro.c = c + (col - tile->col0);
    micro_run (&micro, plan->columns, (int)n_rows, plan->staged ? (int)round_up (n_cols, VL) : (int)n_cols);
  }
  if (!plan->swap && p0 + n_k >= plan->k && gemm_has_epilogue (tile->args))
    epilogue (tile->args, &tile->item, c, micro.c_row, row, n_rows, tile->col0, tile->n_cols);
}

static void
run_tile (const Tile *tile)
{
  const GemmPlan *plan = tile->plan;
  int64_t         n_panels = ceil_div (tile->n_rows, MR);

  for (int64_t p0 = 0; p0 == 0 || p0 < plan->k; p0 += plan->kc) {
    int64_t n_k = min_i64 (plan->kc, plan->k - p0);

    if (!plan->shared)
      pack_tile (tile, p0, n_k);
    /* Panels of even height: all heights near MR run at the same speed. */
    for (int64_t i = 0; i < n_panels; i++) {
      int64_t row = tile->n_rows * i / n_panels;
      run_panel (tile, tile->row0 + row, tile->n_rows * (i + 1) / n_panels - row, p0, n_k);
    }
  }
  if (plan->swap)
    finish_swapped (tile);
}

/* Whole panels whose columns lie side by side: a row is read at one go for all of them. */
static void
pack_side_by_side (const GemmPlan *plan, const real *src, int64_t n_panels, real *dst)
{
  for (int64_t p = 0; p < plan->k; p++, src += plan->col_k, dst += NR)
    for (int64_t q = 0; q < n_panels; q++) {
      vec_store (dst + q * plan->k * NR, vec_load (src + q * NR));
      vec_store (dst + q * plan->k * NR + VL, vec_load (src + q * NR + VL));
    }
}

/* Phase 0: panels of the column factor, k contiguous within a panel. */
static void
run_pack (const GemmPlan *plan, const real *col_base, size_t tile, real *shared)
{
  int64_t first = (int64_t)tile * plan->pack_tile * NR;
  int64_t end = min_i64 (first + plan->pack_tile * NR, plan->n_cols);
  int64_t n_whole = plan->col_stride == 1 && plan->k > 0 ? (end - first) / NR : 0;

  if (n_whole > 0)
    pack_side_by_side (plan, col_base + first, n_whole, shared + first * plan->k);
  for (int64_t col = first + n_whole * NR; col < end; col += NR)
    pack_panel (col_base + col * plan->col_stride, plan->col_k, plan->col_stride, plan->k, min_i64 (NR, end - col),
                shared + col * max_i64 (plan->k, 1));
}

void
TL_NAME (tl_gemm_measure) (const void *args, TlWork *work)
{
  TlGemmArgs folded;
  GemmPlan   plan;

  *work = (TlWork){ 0 };
  fold_batch (args, &folded);
  plan_gemm (&folded, &plan);
  if (plan.n_item_tiles == 0)
    return;
  if (plan.shared)
    work->n_tiles[work->n_phases++] = ceil_div (ceil_div (plan.n_cols, NR), plan.pack_tile);
  work->n_tiles[work->n_phases++] = plan.n_item_tiles * plan.n_row_tiles * plan.n_col_tiles;
  work->workspace = plan.n_shared * sizeof (real);
  work->scratch = plan.n_scratch * sizeof (real);
}

void
TL_NAME (tl_gemm_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t index, void *scratch)
{
  TlGemmArgs folded;
  GemmPlan   plan;
  Tile       tile = { .args = &folded, .plan = &plan, .shared = workspace, .scratch = scratch };
  int64_t    first_item, end_item;

  fold_batch (args, &folded);
  plan_gemm (&folded, &plan);
  if (plan.shared && phase == 0) {
    run_pack (&plan, plan.swap ? data[0] : data[1], index, workspace);
    return;
  }

  tile.col0 = (int64_t)(index % plan.n_col_tiles) * plan.col_tile;
  index /= plan.n_col_tiles;
  tile.row0 = (int64_t)(index % plan.n_row_tiles) * plan.row_tile;
  index /= plan.n_row_tiles;
  tile.n_cols = min_i64 (plan.col_tile, plan.n_cols - tile.col0);
  tile.n_rows = min_i64 (plan.row_tile, plan.n_rows - tile.row0);

  first_item = (int64_t)index * plan.items_tile;
  end_item = min_i64 (first_item + plan.items_tile, plan.n_items);
  for (int64_t i = first_item; i < end_item; i++) {
    tile.item = item_at (&folded, data, i);
    if (plan.dot) {
      TL_NAME (tl_gemm_dot)
      (&folded, &plan, &tile.item, tile.row0, tile.n_rows, scratch);
    } else {
      tile.row_base = plan.swap ? tile.item.b : tile.item.a;
      tile.col_base = plan.swap ? tile.item.a : tile.item.b;
      run_tile (&tile);
    }
  }
}
