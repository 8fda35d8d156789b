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

/* Panels of even height, since all heights near MR run at the same speed: the first @n_higher have one row more. */
typedef struct {
  int64_t n, height, n_higher;
} Panels;

static Panels
cut_rows (int64_t n_rows)
{
  int64_t n = ceil_div (n_rows, MR), height = n > 0 ? n_rows / n : 0;

  return (Panels){ n, height, n_rows - height * n };
}

static int64_t
panel_row (const Panels *panels, int64_t i)
{
  return i * panels->height + min_i64 (i, panels->n_higher);
}

static int64_t
panel_height (const Panels *panels, int64_t i)
{
  return panels->height + (i < panels->n_higher);
}

/* Elements of a panel's copy. */
static int64_t
copy_size (const GemmPlan *plan)
{
  return MR * (plan->kc + VL);
}

/* Copies a row of panels from @first. */
static void
copy_row (const Panels *panels, int64_t first, int64_t end, const real *src, real *dst, int64_t dst_panel)
{
  for (int64_t q = first; q < end; q++, dst += dst_panel) {
    int64_t n = panel_height (panels, q);

    if (n >= COPY_ROWS) {
      memcpy (dst, src, COPY_ROWS * sizeof (real));
      memcpy (dst + n - COPY_ROWS, src + n - COPY_ROWS, COPY_ROWS * sizeof (real));
    } else {
      for (int64_t i = 0; i < n; i++)
        dst[i] = src[i];
    }
    src += n;
  }
}

/* Copies panels of the row factor, from @src, in its own orientation but compact. */
static void
copy_panels (const GemmPlan *plan, const Panels *panels, int64_t first, int64_t end, const real *src, int64_t n_k, real *dst)
{
  int64_t n_rows = panel_row (panels, end) - panel_row (panels, first);

  if (plan->columns) {
    for (int64_t p = 0; p < n_k; p++, src += plan->row_k, dst += MR)
      copy_row (panels, first, end, src, dst, copy_size (plan));
  } else if (plan->row_k == 1) {
    for (int64_t i = 0; i < n_rows; i++)
      memcpy (dst + i * (plan->kc + VL), src + i * plan->row_stride, n_k * sizeof (real));
  } else {
    for (int64_t i = 0; i < n_rows; i++)
      for (int64_t p = 0; p < n_k; p++)
        dst[i * (plan->kc + VL) + p] = src[i * plan->row_stride + p * plan->row_k];
  }
}

/* The factor of rows for rows row.. and k from p0; @copy is the panel's copy, if there is one. */
static void
set_rows (const Tile *tile, Micro *micro, int64_t row, int64_t p0, const real *copy)
{
  const GemmPlan *plan = tile->plan;
  ptrdiff_t       leap = plan->columns ? plan->row_k : plan->row_stride;

  micro->a = tile->row_base + row * plan->row_stride + p0 * plan->row_k;
  if (copy != NULL) {
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

/* A run of panels of the row factor: those copied at once, or one. */
typedef struct {
  int64_t next, n_next_rows; /* rows of the run behind it */
  int64_t k, k_step;         /* how far it is fetched, and how far by each product of a panel with a panel */
} Run;

/*
 * Asks for a part of the run of rows behind @run, while @run is multiplied: its rows are short runs of memory far apart, which the
 * processor does not foresee.
 */
static void
prefetch_rows (const Tile *tile, Run *run, int64_t p0, int64_t n_k)
{
  const GemmPlan *plan = tile->plan;
  const int64_t   line = 64 / (int64_t)sizeof (real);
  int64_t         first = run->k, end = min_i64 (first + run->k_step, n_k);
  const real     *src = tile->row_base + run->next * plan->row_stride + p0 * plan->row_k;

  run->k = end;
  if (run->n_next_rows <= 0)
    return;
  if (plan->columns) {
    for (int64_t p = first; p < end; p++) {
      for (int64_t i = 0; i < run->n_next_rows; i += line)
        __builtin_prefetch (src + p * plan->row_k + i, 0, 2);
      __builtin_prefetch (src + p * plan->row_k + run->n_next_rows - 1, 0, 2);
    }
  } else if (plan->row_k == 1) {
    for (int64_t i = 0; i < run->n_next_rows; i++)
      for (int64_t p = first / line * line; p < end; p += line)
        __builtin_prefetch (src + i * plan->row_stride + p, 0, 2);
  }
}

/* One panel of rows times all columns of the tile, over one block of k. */
static void
run_panel (const Tile *tile, Run *run, int64_t row, int64_t n_rows, int64_t p0, int64_t n_k, const real *copy)
{
  const GemmPlan    *plan = tile->plan;
  int64_t            end = tile->col0 + tile->n_cols;
  const MicroSegment segment = { .len = n_k };
  Micro              micro = { .segments = &segment, .n_segments = 1 };
  real              *c;

  set_rows (tile, &micro, row, p0, copy);
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

    prefetch_rows (tile, run, p0, n_k);
    set_cols (tile, &micro, col, n_cols, p0, n_k);
    micro.c = c + (col - tile->col0);
    micro_run (&micro, plan->columns, (int)n_rows, plan->staged ? (int)round_up (n_cols, VL) : (int)n_cols);
  }
  if (!plan->swap && p0 + n_k >= plan->k && gemm_has_epilogue (tile->args))
    epilogue (tile->args, &tile->item, c, micro.c_row, row, n_rows, tile->col0, tile->n_cols);
}

/* Panels from @first: copied at once, multiplied one by one. */
static void
run_panels (const Tile *tile, const Panels *panels, int64_t first, int64_t end, int64_t p0, int64_t n_k)
{
  const GemmPlan *plan = tile->plan;
  int64_t         row = panel_row (panels, first), next = panel_row (panels, end);
  int64_t         n_products = (end - first) * ceil_div (tile->n_cols, NR);
  Run             run = { .next = tile->row0 + next, .k_step = ceil_div (n_k, n_products) };
  real           *copy = plan->copy ? tile->scratch + plan->at_copy : NULL;

  run.n_next_rows = panel_row (panels, min_i64 (2 * end - first, panels->n)) - next;
  row += tile->row0;
  if (copy != NULL)
    copy_panels (plan, panels, first, end, tile->row_base + row * plan->row_stride + p0 * plan->row_k, n_k, copy);
  for (int64_t i = first; i < end; row += panel_height (panels, i), i++)
    run_panel (tile, &run, row, panel_height (panels, i), p0, n_k, copy != NULL ? copy + (i - first) * copy_size (plan) : NULL);
}

static void
run_tile (const Tile *tile)
{
  const GemmPlan *plan = tile->plan;
  const Panels    panels = cut_rows (tile->n_rows);
  int64_t         at_once = plan->copy ? plan->copy_panels : 1;

  for (int64_t p0 = 0; p0 == 0 || p0 < plan->k; p0 += plan->kc) {
    int64_t n_k = min_i64 (plan->kc, plan->k - p0);

    if (!plan->shared)
      pack_tile (tile, p0, n_k);
    for (int64_t i = 0; i < panels.n; i += at_once)
      run_panels (tile, &panels, i, min_i64 (i + at_once, panels.n), p0, n_k);
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
