/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The weight gradient: dw[o, c, t] sums dy[pixel, o] x[pixel's window, c, t] over all pixels of all images.
 *
 * To the micro-kernel k runs over pixels, rows are (t, c), as they lie in x with its margins, columns are o, as they lie in
 * dy; a depthwise convolution sums vectors of channels instead.  Phase 0 sums fixed groups of images into partials [group][t, c][o]; phase 1 adds these in order and turns them.
 */

#include "core/kernels/conv-winograd.h"

#define CHUNK_PIXELS 128     /* pixels of a chain of multiply-adds, if a row is not longer: a panel of dy stays in the first cache */
#define LONG_ROW 1024        /* longer ones are parted */
#define PART_PIXELS 512      /* into parts of so many pixels at most */
#define PARTIALS_MAX 1048576 /* elements of all partials, if one partial is not larger */
#define N_PARTIALS 16
#define COMBINE_WORK 65536 /* elements that a tile of phase 1 adds */
#define COPY_MAX 262144

typedef struct {
  const TlConvArgs *args;
  bool              depthwise;
  int64_t           width;             /* of a partial's rows: NR, or all channels */
  int64_t           o, c;              /* channels of a group */
  int64_t           n_taps, k;         /* rows of a partial's group: taps times c */
  int64_t           n_panels, n_units; /* panels of a group; of all */
  int64_t           partial;           /* elements */
  int64_t           n_partials, n_unit_tiles, unit_tile;
  int64_t           chunk_images, chunk_rows, chunk_cols; /* a part of a row is one of one row of one image */
  int64_t           chunks_per_row, chunks_per_image, n_chunks;
  int64_t           rows, cols; /* of x with its margins, for a chunk's image */
  bool              copy;
  ptrdiff_t         copy_pixel;
  int64_t           n_segments;
  size_t            n_copy, n_edge;
  int64_t           combine_rows, n_combine_tiles;
} WeightPlan;

static bool
plan_weights (const TlConvArgs *args, WeightPlan *plan)
{
  int64_t groups = max_i64 (args->groups, 1), pixels = args->out[0] * args->out[1], work, n_tiles;
  bool    inside = true;

  *plan = (WeightPlan){ .args = args, .o = args->o / groups, .c = args->c / groups };
  plan->n_taps = args->kernel[0] * args->kernel[1];
  plan->k = plan->n_taps * plan->c;
  if (plan->k <= 0 || plan->o <= 0)
    return false;
  plan->depthwise = plan->c == 1 && plan->o == 1 && groups > 1;
  plan->width = plan->depthwise ? round_up (groups, VL) : NR;
  plan->n_panels = ceil_div (plan->o, NR);
  plan->n_units = plan->depthwise ? 1 : plan->n_panels * groups;
  plan->partial = plan->n_units * plan->k * plan->width;
  plan->combine_rows = plan->k;
  plan->n_combine_tiles = plan->n_units;
  if (args->n <= 0 || pixels <= 0)
    return true;

  plan->chunk_rows = min_i64 (args->out[0], max_i64 (1, CHUNK_PIXELS / args->out[1]));
  plan->chunk_rows = ceil_div (args->out[0], ceil_div (args->out[0], plan->chunk_rows));
  plan->chunk_images = plan->chunk_rows < args->out[0] ? 1 : min_i64 (args->n, max_i64 (1, CHUNK_PIXELS / pixels));
  plan->copy_pixel = plan->depthwise ? plan->width : conv_copy_pixel (args->c, args->stride[1]);
  for (int d = 0; d < 2; d++) {
    int64_t end = (args->out[d] - 1) * args->stride[d] + (args->kernel[d] - 1) * args->dilation[d] + 1 - args->pad_low[d];
    inside = inside && args->pad_low[d] <= 0 && end <= args->in[d];
  }
  plan->copy = plan->depthwise || !inside || args->x_stride[2] * args->stride[1] * (int64_t)sizeof (real) % 1024 == 0;
  plan->chunks_per_row = args->out[1] > LONG_ROW ? ceil_div (args->out[1], PART_PIXELS) : 1;
  plan->chunk_cols = ceil_div (args->out[1], plan->chunks_per_row);
  plan->chunks_per_row = ceil_div (args->out[1], plan->chunk_cols);
  plan->cols = (plan->chunk_cols - 1) * args->stride[1] + (args->kernel[1] - 1) * args->dilation[1] + 1;
  for (;;) {
    plan->rows = (plan->chunk_rows - 1) * args->stride[0] + (args->kernel[0] - 1) * args->dilation[0] + 1;
    plan->n_copy = plan->copy ? plan->chunk_images * plan->rows * plan->cols * plan->copy_pixel : 0;
    if (plan->n_copy <= COPY_MAX || (plan->chunk_images == 1 && plan->chunk_rows == 1))
      break;
    if (plan->chunk_images > 1)
      plan->chunk_images = ceil_div (plan->chunk_images, 2);
    else
      plan->chunk_rows = ceil_div (plan->chunk_rows, 2);
  }
  plan->chunks_per_image = ceil_div (args->out[0], plan->chunk_rows) * plan->chunks_per_row;
  plan->n_chunks = ceil_div (args->n, plan->chunk_images) * plan->chunks_per_image;
  plan->n_segments = plan->chunk_images * plan->chunk_rows;
  if (plan->depthwise)
    plan->n_edge = args->o % VL != 0 ? plan->n_segments * plan->chunk_cols * plan->width : 0;
  else
    plan->n_edge = plan->o % VL != 0 ? plan->n_segments * plan->chunk_cols * NR : 0;

  work = plan->partial * pixels * args->n;
  n_tiles = ceil_div (work, TL_NAME (tl_gemm_tile_work) (work));
  plan->n_partials = min_i64 (min_i64 (n_tiles, plan->n_chunks), max_i64 (1, PARTIALS_MAX / plan->partial));
  plan->n_partials = min_i64 (plan->n_partials, N_PARTIALS);
  plan->n_unit_tiles = min_i64 (plan->n_units, max_i64 (1, n_tiles / plan->n_partials));
  plan->unit_tile = ceil_div (plan->n_units, plan->n_unit_tiles);
  plan->n_unit_tiles = ceil_div (plan->n_units, plan->unit_tile);

  plan->combine_rows = max_i64 (1, min_i64 (plan->k, COMBINE_WORK / (plan->width * plan->n_partials)));
  plan->n_combine_tiles = plan->n_units * ceil_div (plan->k, plan->combine_rows);
  return true;
}

/* A chunk of pixels: some whole images, some rows of one, or a part of a row. */
typedef struct {
  const WeightPlan *plan;
  int64_t           image0, n_images, row0, n_rows, col0, n_cols;
  const real       *x; /* what the first tap of the first pixel reads */
  ptrdiff_t         x_image, x_row, x_pixel;
  const real       *dy;
  MicroSegment     *segments;
  int64_t           n_segments;
} Chunk;

static void
set_x (Chunk *chunk, const real *x, real *copy)
{
  const WeightPlan *plan = chunk->plan;
  const TlConvArgs *args = plan->args;
  int64_t           row = chunk->row0 * args->stride[0] - args->pad_low[0], col = chunk->col0 * args->stride[1] - args->pad_low[1];

  if (plan->copy) {
    ConvMargins margins = {
      .src = x,
      .image = args->x_stride[0],
      .row = args->x_stride[1],
      .pixel = args->x_stride[2],
      .n_rows = args->in[0],
      .n_cols = args->in[1],
      .n_channels = args->c,
      .row_first = row,
      .col_first = col,
      .rows = (chunk->n_rows - 1) * args->stride[0] + (args->kernel[0] - 1) * args->dilation[0] + 1,
      .cols = plan->cols,
      .copy_pixel = plan->copy_pixel,
    };
    conv_copy_margins (&margins, chunk->image0, chunk->n_images, copy);
    chunk->x = copy;
    chunk->x_pixel = plan->copy_pixel;
    chunk->x_row = plan->cols * plan->copy_pixel;
    chunk->x_image = margins.rows * chunk->x_row;
  } else {
    chunk->x = x + chunk->image0 * args->x_stride[0] + row * args->x_stride[1] + col * args->x_stride[2];
    chunk->x_image = args->x_stride[0];
    chunk->x_row = args->x_stride[1];
    chunk->x_pixel = args->x_stride[2];
  }
}

/* Rows of pixels; `packed` tells how dy lies. */
static void
set_segments (Chunk *chunk, bool packed, int64_t width)
{
  const TlConvArgs *args = chunk->plan->args;

  chunk->n_segments = 0;
  for (int64_t n = 0; n < chunk->n_images; n++)
    for (int64_t i = 0; i < chunk->n_rows; i++) {
      MicroSegment *s = &chunk->segments[chunk->n_segments];
      s->a = n * chunk->x_image + i * args->stride[0] * chunk->x_row;
      s->b = packed ? chunk->n_segments * chunk->n_cols * width : n * args->y_stride[0] + i * args->y_stride[1];
      s->len = chunk->n_cols;
      chunk->n_segments++;
    }
}

static void
pack_dy (const Chunk *chunk, const real *dy, int64_t n_cols, real *dst)
{
  const TlConvArgs *args = chunk->plan->args;

  for (int64_t n = 0; n < chunk->n_images; n++)
    for (int64_t i = 0; i < chunk->n_rows; i++, dst += chunk->n_cols * NR)
      TL_NAME (tl_gemm_pack)
  (dy + n * args->y_stride[0] + i * args->y_stride[1], args->y_stride[2], 1, chunk->n_cols, n_cols,
   dst);
}

/* All rows of a panel.  They come in runs that are contiguous in x: a tap's channels, or a window row's taps and channels. */
static void
run_panel (const Chunk *chunk, Micro *micro, int64_t group, real *sums, int n_cols)
{
  const WeightPlan *plan = chunk->plan;
  const TlConvArgs *args = plan->args;
  bool              whole_rows = args->groups == 1 && chunk->x_pixel == plan->c && args->dilation[1] == 1;
  int64_t           run = plan->c * (whole_rows ? args->kernel[1] : 1);
  int64_t           n_runs = plan->k / run;
  int64_t           n_joined = run == 3 && whole_rows ? MR / 3 : 1;
  int64_t           n_blocks = ceil_div (run, MR);

  micro->a_group = n_joined > 1 ? args->dilation[0] * chunk->x_row : 3;
  for (int64_t r = 0; r < n_runs; r += n_joined) {
    int64_t     i = whole_rows ? r : r / args->kernel[1], j = whole_rows ? 0 : r % args->kernel[1];
    const real *x = chunk->x + i * args->dilation[0] * chunk->x_row + j * args->dilation[1] * chunk->x_pixel + group * plan->c;

    for (int64_t block = 0; block < n_blocks; block++) {
      int64_t first = run * block / n_blocks, n_rows = run * (block + 1) / n_blocks - first;

      if (n_joined > 1)
        n_rows = 3 * min_i64 (n_joined, n_runs - r);
      micro->a = x + first;
      micro->c = sums + (r * run + first) * NR;
      micro_run (micro, true, (int)n_rows, (int)round_up (n_cols, VL));
    }
  }
}

static void
run_chunk (Chunk *chunk, bool add, int64_t unit, int64_t end, real *partial, real *edge)
{
  const WeightPlan *plan = chunk->plan;
  const TlConvArgs *args = plan->args;

  for (; unit < end; unit++) {
    int64_t     group = unit / plan->n_panels, col = unit % plan->n_panels * NR;
    int64_t     n_cols = min_i64 (NR, plan->o - col);
    bool        packed = n_cols % VL != 0;
    const real *dy = chunk->dy + group * plan->o + col;
    Micro       micro = {
            .a_row = 1,
            .a_step = args->stride[1] * chunk->x_pixel,
            .b = packed ? edge : dy,
            .b_step = packed ? NR : args->y_stride[2],
            .c_row = NR,
            .add = add,
    };

    if (packed)
      pack_dy (chunk, dy, n_cols, edge);
    set_segments (chunk, packed, NR);
    micro.segments = chunk->segments;
    micro.n_segments = chunk->n_segments;
    run_panel (chunk, &micro, group, partial + unit * plan->k * NR, (int)n_cols);
  }
}

/* dy with rows of whole vectors, zeros behind the last channel. */
static void
pad_dy (const Chunk *chunk, real *dst)
{
  const TlConvArgs *args = chunk->plan->args;
  int64_t           width = chunk->plan->width;

  for (int64_t n = 0; n < chunk->n_images; n++)
    for (int64_t i = 0; i < chunk->n_rows; i++)
      for (int64_t j = 0; j < chunk->n_cols; j++, dst += width) {
        memcpy (dst, chunk->dy + n * args->y_stride[0] + i * args->y_stride[1] + j * args->y_stride[2],
                args->o * sizeof (real));
        memset (dst + args->o, 0, (width - args->o) * sizeof (real));
      }
}

/* A vector of channels, DEPTHWISE_TAPS taps at a time: one chain of multiply-adds for each. */
#define DEPTHWISE_TAPS 4

static void
sum_taps (const Chunk *chunk, const real *x, const real *dy, ptrdiff_t dy_pixel, const ptrdiff_t *tap, Vec *sums)
{
  const TlConvArgs *args = chunk->plan->args;
  ptrdiff_t         step = args->stride[1] * chunk->x_pixel;
  Vec               acc[DEPTHWISE_TAPS] = { 0 };

  for (int64_t s = 0; s < chunk->n_segments; s++) {
    const real *xs = x + chunk->segments[s].a, *ds = dy + chunk->segments[s].b;
    for (int64_t j = 0; j < chunk->n_cols; j++, xs += step, ds += dy_pixel) {
      Vec d = vec_load (ds);
      UNROLL
      for (int t = 0; t < DEPTHWISE_TAPS; t++)
        acc[t] = vec_fma (vec_load (xs + tap[t]), d, acc[t]);
    }
  }
  memcpy (sums, acc, sizeof acc);
}

static void
run_chunk_depthwise (Chunk *chunk, bool add, real *partial, real *edge)
{
  const WeightPlan *plan = chunk->plan;
  const TlConvArgs *args = plan->args;
  bool              packed = args->o % VL != 0;
  const real       *dy = packed ? edge : chunk->dy;
  ptrdiff_t         dy_pixel = packed ? plan->width : args->y_stride[2];

  if (packed)
    pad_dy (chunk, edge);
  set_segments (chunk, packed, plan->width);
  for (int64_t c = 0; c < args->o; c += VL)
    for (int64_t t0 = 0; t0 < plan->n_taps; t0 += DEPTHWISE_TAPS) {
      ptrdiff_t tap[DEPTHWISE_TAPS];
      Vec       sums[DEPTHWISE_TAPS];

      /* Behind the last tap it is summed again and dropped. */
      for (int i = 0; i < DEPTHWISE_TAPS; i++) {
        int64_t t = min_i64 (t0 + i, plan->n_taps - 1);
        tap[i] = t / args->kernel[1] * args->dilation[0] * chunk->x_row + t % args->kernel[1] * args->dilation[1] * chunk->x_pixel;
      }
      sum_taps (chunk, chunk->x + c, dy + c, dy_pixel, tap, sums);
      for (int i = 0; i < DEPTHWISE_TAPS && t0 + i < plan->n_taps; i++) {
        real *dst = partial + (t0 + i) * plan->width + c;
        if (add)
          sums[i] = vec_load (dst) + sums[i];
        vec_store (dst, sums[i]);
      }
    }
}

/* Phase 0: some panels of one partial. */
static void
run_partial (const WeightPlan *plan, const real *x, const real *dy, size_t tile, real *partials, void *scratch)
{
  const TlConvArgs *args = plan->args;
  int64_t           unit = (int64_t)(tile % plan->n_unit_tiles) * plan->unit_tile, p = tile / plan->n_unit_tiles;
  int64_t           end = min_i64 (unit + plan->unit_tile, plan->n_units);
  int64_t           first = plan->n_chunks * p / plan->n_partials, last = plan->n_chunks * (p + 1) / plan->n_partials;
  real             *copy = (real *)((char *)scratch + round_up (plan->n_segments * sizeof (MicroSegment), 64));

  for (int64_t i = first; i < last; i++) {
    Chunk   chunk = { .plan = plan, .segments = scratch };
    int64_t part = i % plan->chunks_per_image;

    chunk.image0 = i / plan->chunks_per_image * plan->chunk_images;
    chunk.n_images = min_i64 (plan->chunk_images, args->n - chunk.image0);
    chunk.row0 = part / plan->chunks_per_row * plan->chunk_rows;
    chunk.n_rows = min_i64 (plan->chunk_rows, args->out[0] - chunk.row0);
    chunk.col0 = part % plan->chunks_per_row * plan->chunk_cols;
    chunk.n_cols = min_i64 (plan->chunk_cols, args->out[1] - chunk.col0);
    chunk.dy = dy + chunk.image0 * args->y_stride[0] + chunk.row0 * args->y_stride[1] + chunk.col0 * args->y_stride[2];
    set_x (&chunk, x, copy);
    if (plan->depthwise)
      run_chunk_depthwise (&chunk, i > first, partials + p * plan->partial, copy + plan->n_copy);
    else
      run_chunk (&chunk, i > first, unit, end, partials + p * plan->partial, copy + plan->n_copy);
  }
}

/* Phase 1 of a depthwise convolution: a row is a tap. */
static void
combine_depthwise (const WeightPlan *plan, const real *partials, int64_t row, int64_t end, real *dw)
{
  for (; row < end; row++)
    for (int64_t c = 0; c < plan->args->o; c += VL) {
      Vec  sum = { 0 };
      real values[VL];

      for (int64_t p = 0; p < plan->n_partials; p++)
        sum = sum + vec_load (partials + p * plan->partial + row * plan->width + c);
      memcpy (values, &sum, sizeof values);
      for (int64_t q = 0; q < VL && c + q < plan->args->o; q++)
        dw[(c + q) * plan->n_taps + row] = values[q];
    }
}

/* Phase 1: adds some rows of a panel over the partials. */
static void
run_combine (const WeightPlan *plan, const real *partials, size_t tile, real *dw)
{
  int64_t tiles_per_unit = ceil_div (plan->k, plan->combine_rows);
  int64_t unit = tile / tiles_per_unit, row = (int64_t)(tile % tiles_per_unit) * plan->combine_rows;
  int64_t end = min_i64 (row + plan->combine_rows, plan->k);
  int64_t group = unit / plan->n_panels, col = unit % plan->n_panels * NR, n_cols = min_i64 (NR, plan->o - col);

  if (plan->depthwise) {
    combine_depthwise (plan, partials, row, end, dw);
    return;
  }
  for (; row < end; row++) {
    const real *src = partials + (unit * plan->k + row) * NR;
    Vec         sum[NV] = { 0 };
    real        values[NR];
    real       *dst = dw + (group * plan->o + col) * plan->k + row % plan->c * plan->n_taps + row / plan->c;

    for (int64_t p = 0; p < plan->n_partials; p++)
      for (int v = 0; v < NV && v * VL < n_cols; v++)
        sum[v] = sum[v] + vec_load (src + p * plan->partial + v * VL);
    memcpy (values, sum, sizeof values);
    for (int64_t q = 0; q < n_cols; q++)
      dst[q * plan->k] = values[q];
  }
}

void TL_NAME (tl_conv_weight_gradient_measure) (const void *args, TlWork *work);
void TL_NAME (tl_conv_weight_gradient_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

void
TL_NAME (tl_conv_weight_gradient_measure) (const void *args, TlWork *work)
{
  WeightPlan plan;

  *work = (TlWork){ 0 };
  if (TL_NAME (tl_conv_winograd_weights_fits) (args)) {
    TL_NAME (tl_conv_winograd_weights_measure)
    (args, work);
    return;
  }
  if (!plan_weights (args, &plan))
    return;
  work->n_phases = 2;
  work->n_tiles[0] = max_i64 (plan.n_partials * plan.n_unit_tiles, 1);
  work->n_tiles[1] = plan.n_combine_tiles;
  work->workspace = plan.n_partials * plan.partial * sizeof (real);
  work->scratch = round_up (plan.n_segments * sizeof (MicroSegment), 64) + (plan.n_copy + plan.n_edge) * sizeof (real);
}

void
TL_NAME (tl_conv_weight_gradient_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  WeightPlan plan;

  if (TL_NAME (tl_conv_winograd_weights_fits) (args)) {
    TL_NAME (tl_conv_winograd_weights_run)
    (args, data, workspace, phase, tile, scratch);
    return;
  }
  plan_weights (args, &plan);
  if (phase == 0 && plan.n_partials == 0)
    return; /* no images: phase 1 writes zeros */
  if (phase == 0)
    run_partial (&plan, data[0], data[1], tile, workspace, scratch);
  else
    run_combine (&plan, workspace, tile, data[2]);
}
