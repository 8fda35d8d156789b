/* SPDX-License-Identifier: Apache-2.0 */

/* Forward and data gradient: gathering with packed weights. */

#include "core/kernels/conv-winograd.h"

#define PACK_WORK 32768 /* weights that a tile of phase 0 packs, at least */
#define CHUNK 65536     /* packed weights that a tile works through at a time */
#define COPY_MAX 262144 /* elements of a tile's copied source, if one image fits */
#define PIXELS 128      /* destination pixels that share a pass over many weights */
#define MIN_COLS 64     /* destination pixels of a part of a row, at least */

typedef struct {
  const TlConvArgs *args;
  bool              gradient;
  bool              depthwise;
  int64_t           src_c, dst_c; /* channels of a group */
  int64_t           n_panels;     /* of a group */
  int64_t           n_units;      /* panels of all groups */
  int64_t           classes[2];
  int64_t           taps[2];     /* most of a class */
  int64_t           slot, panel; /* elements of packed weights of a class; of a panel */
  const int64_t    *src_stride, *dst_stride;
  const int64_t    *n_src, *n_dst; /* sizes of the axes */
  bool              copy;
  ptrdiff_t         copy_pixel;
  int64_t           image_tile, row_tile, col_tile, unit_tile; /* rows are parted only where a tile has one */
  int64_t           n_image_tiles, n_row_tiles, n_col_tiles, n_unit_tiles;
  int64_t           n_pack_tiles, pack_tile; /* class-units */
  int64_t           n_segments;              /* room */
  size_t            n_copy, n_shared;
} ConvPlan;

static int64_t
gcd (int64_t a, int64_t b)
{
  while (b != 0) {
    int64_t r = a % b;
    a = b, b = r;
  }
  return a;
}

/* Axis d of class r. */
static ConvAxis
axis_of (const ConvPlan *plan, int d, int64_t r)
{
  const TlConvArgs *args = plan->args;
  int64_t           s = args->stride[d], dil = args->dilation[d], pad = args->pad_low[d];
  int64_t           period, t = 0;
  ConvAxis          axis = { .n_src = plan->n_src[d], .dst_first = r, .w_step = 1 };

  if (!plan->gradient) {
    axis.n_dst = plan->n_dst[d], axis.dst_step = 1;
    axis.step = s, axis.offset = -pad;
    axis.n_taps = args->kernel[d], axis.tap_step = dil;
    return axis;
  }

  axis.n_dst = plan->n_dst[d] > r ? ceil_div (plan->n_dst[d] - r, s) : 0;
  axis.dst_step = s, axis.step = 1;
  period = s / gcd (s, dil);
  while (t < period && t < args->kernel[d] && (r + pad - t * dil) % s != 0)
    t++;
  if (t == period || t >= args->kernel[d])
    return axis;
  /* Ascending in the source is descending in the kernel. */
  axis.n_taps = (args->kernel[d] - 1 - t) / period + 1;
  axis.w_first = t + (axis.n_taps - 1) * period, axis.w_step = -period;
  axis.offset = (r + pad - axis.w_first * dil) / s;
  axis.tap_step = dil * period / s;
  return axis;
}

/* Source rows, or columns, that `n` destinations of an axis reach over. */
static int64_t
reach (const ConvAxis *axis, int64_t n)
{
  return n == 0 || axis->n_taps == 0 ? 0 : (n - 1) * axis->step + (axis->n_taps - 1) * axis->tap_step + 1;
}

static void
cut (ConvPlan *plan)
{
  const TlConvArgs *args = plan->args;
  int64_t           rows = ceil_div (plan->n_dst[0], plan->classes[0]);
  int64_t           cols = ceil_div (plan->n_dst[1], plan->classes[1]);
  int64_t           weights = plan->taps[0] * plan->taps[1] * plan->src_c * plan->dst_c * args->groups;
  int64_t           image_work = max_i64 (rows * cols * max_i64 (weights, plan->n_units * 2 * NR), 1);
  int64_t           total = image_work * args->n * plan->classes[0] * plan->classes[1];
  int64_t           tile_work = TL_NAME (tl_gemm_tile_work) (total);
  int64_t           n_pixel_tiles, n_wanted = ceil_div (image_work * args->n, tile_work);
  int64_t           copy_size = 0;

  plan->image_tile = max_i64 (1, min_i64 (tile_work / image_work, args->n));
  if (weights > 2 * CHUNK)
    plan->image_tile = min_i64 (args->n, max_i64 (plan->image_tile, ceil_div (PIXELS, max_i64 (rows * cols, 1))));
  plan->row_tile = max_i64 (rows, 1);
  if (image_work > tile_work && plan->image_tile == 1)
    plan->row_tile = ceil_div (rows, min_i64 (ceil_div (image_work, tile_work), rows));
  plan->col_tile = max_i64 (cols, 1);
  if (image_work > tile_work * rows && plan->row_tile == 1)
    plan->col_tile = min_i64 (plan->col_tile, max_i64 (MIN_COLS, ceil_div (cols, ceil_div (image_work, tile_work * rows))));

  for (;;) {
    int64_t n = 0;
    for (int64_t r = 0; r < plan->classes[0] && plan->copy; r++) {
      ConvAxis h = axis_of (plan, 0, r);
      n = max_i64 (n, reach (&h, min_i64 (plan->row_tile, h.n_dst)));
    }
    copy_size = 0;
    for (int64_t r = 0; r < plan->classes[1] && plan->copy; r++) {
      ConvAxis w = axis_of (plan, 1, r);
      copy_size = max_i64 (copy_size, n * reach (&w, min_i64 (plan->col_tile, w.n_dst)) * plan->copy_pixel);
    }
    if (copy_size * plan->image_tile <= COPY_MAX)
      break;
    if (plan->image_tile > 1)
      plan->image_tile = max_i64 (1, COPY_MAX / copy_size);
    else if (plan->row_tile > 1)
      plan->row_tile = ceil_div (plan->row_tile, 2);
    else
      break;
  }
  plan->n_copy = copy_size * plan->image_tile;
  plan->n_image_tiles = ceil_div (args->n, plan->image_tile);
  plan->n_row_tiles = ceil_div (rows, plan->row_tile);
  plan->n_col_tiles = ceil_div (cols, plan->col_tile);
  n_pixel_tiles = max_i64 (plan->n_image_tiles * plan->n_row_tiles * plan->n_col_tiles, 1);
  plan->n_unit_tiles = max_i64 (1, min_i64 (plan->n_units, n_wanted / n_pixel_tiles));
  plan->unit_tile = ceil_div (plan->n_units, plan->n_unit_tiles);
  plan->n_unit_tiles = ceil_div (plan->n_units, plan->unit_tile);
}

static bool
plan_conv (const TlConvArgs *args, bool gradient, ConvPlan *plan)
{
  int64_t c = args->c / max_i64 (args->groups, 1), o = args->o / max_i64 (args->groups, 1);
  bool    inside = true;

  *plan = (ConvPlan){ .args = args, .gradient = gradient };
  plan->src_c = gradient ? o : c;
  plan->dst_c = gradient ? c : o;
  plan->n_src = gradient ? args->out : args->in;
  plan->n_dst = gradient ? args->in : args->out;
  plan->src_stride = gradient ? args->y_stride : args->x_stride;
  plan->dst_stride = gradient ? args->x_stride : args->y_stride;
  if (args->n <= 0 || plan->dst_c <= 0 || plan->n_dst[0] <= 0 || plan->n_dst[1] <= 0)
    return false;

  plan->depthwise = c == 1 && o == 1 && args->groups > 1;
  plan->n_panels = ceil_div (plan->dst_c, NR);
  plan->n_units = plan->depthwise ? 1 : plan->n_panels * args->groups;
  for (int d = 0; d < 2; d++) {
    int64_t s = args->stride[d];

    plan->classes[d] = gradient ? s : 1;
    plan->taps[d] = gradient ? ceil_div (args->kernel[d], s / gcd (s, args->dilation[d])) : args->kernel[d];
    for (int64_t r = 0; r < plan->classes[d]; r++) {
      ConvAxis axis = axis_of (plan, d, r);
      inside = inside && (reach (&axis, axis.n_dst) == 0 ||
                          (axis.offset >= 0 && axis.offset + reach (&axis, axis.n_dst) <= axis.n_src));
    }
  }
  plan->panel = plan->depthwise ? plan->taps[0] * plan->taps[1] * round_up (args->groups, VL)
                                : plan->taps[0] * plan->taps[1] * plan->src_c * NR;
  plan->slot = plan->panel * plan->n_units;

  if (plan->depthwise) {
    plan->copy = true;
    plan->copy_pixel = round_up (args->groups, VL);
  } else {
    int64_t step = gradient ? 1 : args->stride[1];
    plan->copy_pixel = conv_copy_pixel (plan->src_c * args->groups, step);
    plan->copy = !inside || plan->src_stride[2] * step * (int64_t)sizeof (real) % 1024 == 0;
  }
  cut (plan);

  plan->n_segments = plan->taps[0] * plan->taps[1] * (ceil_div (plan->src_c, KC_MAX) + 1);
  plan->pack_tile = max_i64 (1, PACK_WORK / max_i64 (plan->panel, 1));
  plan->n_pack_tiles = ceil_div (plan->classes[0] * plan->classes[1] * plan->n_units, plan->pack_tile);
  plan->n_shared = plan->classes[0] * plan->classes[1] * plan->slot +
                   (plan->depthwise ? round_up (args->groups, VL) : plan->n_units * NR);
  return true;
}

/* One panel of a class's weights: for each tap and source channel, the weights of the panel's destination channels. */
static void
pack_unit (const ConvPlan *plan, const ConvAxis *h, const ConvAxis *w, int64_t unit, const real *weights, real *dst)
{
  const TlConvArgs *args = plan->args;
  int64_t           n_kernel = args->kernel[0] * args->kernel[1];
  int64_t           group = plan->depthwise ? 0 : unit / plan->n_panels;
  int64_t           first = plan->depthwise ? 0 : unit % plan->n_panels * NR;
  int64_t           width = plan->depthwise ? round_up (args->groups, VL) : NR;
  int64_t           n = plan->depthwise ? args->groups : min_i64 (NR, plan->dst_c - first);
  int64_t           o = args->o / args->groups, c = args->c / args->groups;
  int64_t           dst_leap = n_kernel * (plan->gradient && !plan->depthwise ? 1 : c);
  int64_t           src_leap = n_kernel * (plan->gradient ? c : 1);

  weights += group * o * c * n_kernel + first * dst_leap;
  for (int64_t i = 0; i < h->n_taps; i++)
    for (int64_t j = 0; j < w->n_taps; j++) {
      const real *tap = weights + (h->w_first + i * h->w_step) * args->kernel[1] + w->w_first + j * w->w_step;
      for (int64_t s = 0; s < plan->src_c; s++, dst += width) {
        for (int64_t q = 0; q < n; q++)
          dst[q] = tap[s * src_leap + q * dst_leap];
        for (int64_t q = n; q < width; q++)
          dst[q] = 0;
      }
    }
}

static void
run_pack (const ConvPlan *plan, const real *weights, const real *bias, size_t tile, real *shared)
{
  int64_t n_units = plan->classes[0] * plan->classes[1] * plan->n_units;
  int64_t end = min_i64 ((int64_t)(tile + 1) * plan->pack_tile, n_units);

  for (int64_t i = (int64_t)tile * plan->pack_tile; i < end; i++) {
    int64_t class = i / plan->n_units, unit = i % plan->n_units;
    ConvAxis h = axis_of (plan, 0, class / plan->classes[1]), w = axis_of (plan, 1, class % plan->classes[1]);

    pack_unit (plan, &h, &w, unit, weights, shared + class * plan->slot + unit * plan->panel);
  }
  if (tile == 0 && bias != NULL) {
    real   *dst = shared + plan->classes[0] * plan->classes[1] * plan->slot;
    int64_t n_groups = plan->depthwise ? 1 : plan->args->groups;
    int64_t n = plan->args->o / n_groups, width = round_up (n, plan->depthwise ? VL : NR);

    for (int64_t g = 0; g < n_groups; g++)
      for (int64_t q = 0; q < width; q++)
        dst[g * width + q] = q < n ? bias[g * n + q] : 0;
  }
}

/* A tile of phase 1. */
typedef struct {
  const ConvPlan *plan;
  ConvAxis        h, w;
  int64_t         image0, n_images, row0, n_rows;
  const real     *src; /* what image0's pixel (row0, 0) reads by its first tap */
  ptrdiff_t       src_image, src_row, src_pixel;
  real           *dst;
  const real     *weights, *bias;
  MicroSegment   *segments;
  int64_t         n_segments;
} ConvTile;

static void
set_source (ConvTile *tile, const real *src, real *copy)
{
  const ConvPlan *plan = tile->plan;
  int64_t         row = tile->row0 * tile->h.step + tile->h.offset;
  ConvMargins     margins = {
        .src = src,
        .image = plan->src_stride[0],
        .row = plan->src_stride[1],
        .pixel = plan->src_stride[2],
        .n_rows = tile->h.n_src,
        .n_cols = tile->w.n_src,
        .n_channels = plan->src_c * plan->args->groups,
        .row_first = row,
        .col_first = tile->w.offset,
        .rows = reach (&tile->h, tile->n_rows),
        .cols = reach (&tile->w, tile->w.n_dst),
        .copy_pixel = plan->copy_pixel,
  };

  if (tile->h.n_taps == 0 || tile->w.n_taps == 0) {
    tile->src = NULL;
  } else if (plan->copy) {
    conv_copy_margins (&margins, tile->image0, tile->n_images, copy);
    tile->src = copy;
    tile->src_pixel = margins.copy_pixel;
    tile->src_row = margins.cols * margins.copy_pixel;
    tile->src_image = margins.rows * tile->src_row;
  } else {
    tile->src = src + tile->image0 * margins.image + row * margins.row + tile->w.offset * margins.pixel;
    tile->src_pixel = margins.pixel;
    tile->src_row = margins.row;
    tile->src_image = margins.image;
  }
}

/* The runs of memory that a destination pixel sums. */
static void
set_segments (ConvTile *tile)
{
  const ConvPlan *plan = tile->plan;
  bool            whole_rows = plan->args->groups == 1 && tile->src_pixel == plan->src_c && tile->w.tap_step == 1;
  int64_t         n_runs = whole_rows ? 1 : tile->w.n_taps;
  int64_t         len = plan->src_c * (whole_rows ? tile->w.n_taps : 1);
  int64_t         piece = gemm_k_block (len), k = 0;

  tile->n_segments = 0;
  if (tile->src == NULL)
    return;
  for (int64_t i = 0; i < tile->h.n_taps; i++)
    for (int64_t j = 0; j < n_runs; j++)
      for (int64_t p = 0; p < len; p += piece) {
        MicroSegment *s = &tile->segments[tile->n_segments++];
        s->a = i * tile->h.tap_step * tile->src_row + j * tile->w.tap_step * tile->src_pixel + p;
        s->b = k * NR;
        s->len = min_i64 (piece, len - p);
        k += s->len;
      }
}

/* All pixels of the tile, some panels of one group, some segments. */
static void
gather (const ConvTile *tile, Micro *micro, int64_t group, int64_t panel0, int64_t panel1)
{
  const ConvPlan *plan = tile->plan;
  int64_t         n_blocks = ceil_div (tile->w.n_dst, MR), unit0 = group * plan->n_panels;

  micro->a_row = tile->w.step * tile->src_pixel;
  micro->a_group = 3 * micro->a_row;
  micro->b_step = NR;
  micro->c_row = tile->w.dst_step * plan->dst_stride[2];
  for (int64_t n = 0; n < tile->n_images; n++)
    for (int64_t i = 0; i < tile->n_rows; i++)
      for (int64_t block = 0; block < n_blocks; block++) {
        int64_t j = tile->w.n_dst * block / n_blocks, n_rows = tile->w.n_dst * (block + 1) / n_blocks - j;
        real   *dst = tile->dst + n * plan->dst_stride[0] + i * tile->h.dst_step * plan->dst_stride[1] + j * micro->c_row +
                    group * plan->dst_c;

        if (tile->src != NULL)
          micro->a = tile->src + n * tile->src_image + i * tile->h.step * tile->src_row + j * micro->a_row + group * plan->src_c;
        for (int64_t q = panel0; q < panel1; q++) {
          micro->b = tile->weights + (unit0 + q) * plan->panel;
          micro->bias = tile->bias != NULL && !micro->add ? tile->bias + (unit0 + q) * NR : NULL;
          micro->c = dst + q * NR;
          micro_run (micro, false, (int)n_rows, (int)min_i64 (NR, plan->dst_c - q * NR));
        }
      }
}

/* Blocks of at most KC_MAX along k, each over as many panels as a cache holds. */
static void
gather_group (const ConvTile *tile, int64_t group, int64_t panel0, int64_t panel1)
{
  const ConvPlan *plan = tile->plan;
  int64_t         chunk = max_i64 (1, CHUNK / (NR * min_i64 (KC_MAX, max_i64 (plan->panel / NR, 1))));

  for (int64_t q = panel0; q < panel1; q += chunk) {
    int64_t s = 0;
    do {
      Micro   micro = { .segments = tile->segments + s, .add = s > 0 };
      int64_t k = 0;

      while (s < tile->n_segments && (k == 0 || k + tile->segments[s].len <= KC_MAX))
        k += tile->segments[s++].len, micro.n_segments++;
      micro.relu = s == tile->n_segments && plan->args->activation == TL_ACTIVATION_RELU && !plan->gradient;
      gather (tile, &micro, group, q, min_i64 (q + chunk, panel1));
    } while (s < tile->n_segments);
  }
}

static void
gather_depthwise_pixel (const ConvTile *tile, const real *src, real *dst, bool relu)
{
  int64_t n_channels = tile->plan->args->groups, width = round_up (n_channels, VL);

  for (int64_t c = 0; c < n_channels; c += VL) {
    Vec         acc = tile->bias != NULL ? vec_load (tile->bias + c) : (Vec){ 0 };
    const real *w = tile->weights + c;

    for (int64_t i = 0; i < tile->h.n_taps; i++) {
      const real *s = src + i * tile->h.tap_step * tile->src_row + c;
      for (int64_t j = 0; j < tile->w.n_taps; j++, w += width)
        acc = vec_fma (vec_load (s + j * tile->w.tap_step * tile->src_pixel), vec_load (w), acc);
    }
    if (relu)
      acc = vec_relu (acc);
    if (n_channels - c >= VL)
      vec_store (dst + c, acc);
    else
      memcpy (dst + c, &acc, (n_channels - c) * sizeof (real));
  }
}

static void
gather_depthwise (const ConvTile *tile)
{
  const ConvPlan *plan = tile->plan;
  bool            relu = plan->args->activation == TL_ACTIVATION_RELU && !plan->gradient;
  bool            empty = tile->src == NULL;
  ConvTile        bare = *tile;

  if (empty)
    bare.h.n_taps = 0;
  for (int64_t n = 0; n < tile->n_images; n++)
    for (int64_t i = 0; i < tile->n_rows; i++)
      for (int64_t j = 0; j < tile->w.n_dst; j++) {
        const real *src = empty ? NULL
                                : tile->src + n * tile->src_image + i * tile->h.step * tile->src_row +
                                    j * tile->w.step * tile->src_pixel;
        gather_depthwise_pixel (&bare, src,
                                tile->dst + n * plan->dst_stride[0] + i * tile->h.dst_step * plan->dst_stride[1] +
                                  j * tile->w.dst_step * plan->dst_stride[2],
                                relu);
      }
}

static void
run_tile (const ConvPlan *plan, const real *src, real *dst, bool has_bias, const real *shared, size_t index, void *scratch)
{
  ConvTile tile = { .plan = plan, .segments = scratch };
  int64_t  n_classes = plan->classes[0] * plan->classes[1], unit, end, class, col0;
  real    *copy = (real *)((char *)scratch + round_up (plan->n_segments * sizeof (MicroSegment), 64));

  unit = (int64_t)(index % plan->n_unit_tiles) * plan->unit_tile, index /= plan->n_unit_tiles;
  col0 = (int64_t)(index % plan->n_col_tiles) * plan->col_tile, index /= plan->n_col_tiles;
  tile.row0 = (int64_t)(index % plan->n_row_tiles) * plan->row_tile, index /= plan->n_row_tiles;
  tile.image0 = (int64_t)(index % plan->n_image_tiles) * plan->image_tile, index /= plan->n_image_tiles;
  class = (int64_t)index;
  end = min_i64 (unit + plan->unit_tile, plan->n_units);
  tile.h = axis_of (plan, 0, class / plan->classes[1]);
  tile.w = axis_of (plan, 1, class % plan->classes[1]);
  tile.w.dst_first += col0 * tile.w.dst_step;
  tile.w.offset += col0 * tile.w.step;
  tile.w.n_dst = min_i64 (plan->col_tile, tile.w.n_dst - col0);
  tile.n_images = min_i64 (plan->image_tile, plan->args->n - tile.image0);
  tile.n_rows = min_i64 (plan->row_tile, tile.h.n_dst - tile.row0);
  if (tile.n_rows <= 0 || tile.w.n_dst <= 0)
    return;

  tile.dst = dst + tile.image0 * plan->dst_stride[0] +
             (tile.h.dst_first + tile.row0 * tile.h.dst_step) * plan->dst_stride[1] + tile.w.dst_first * plan->dst_stride[2];
  tile.weights = shared + class * plan->slot;
  tile.bias = has_bias ? shared + n_classes * plan->slot : NULL;
  set_source (&tile, src, copy);
  if (plan->depthwise) {
    gather_depthwise (&tile);
    return;
  }
  set_segments (&tile);
  while (unit < end) {
    int64_t group = unit / plan->n_panels, panel = unit % plan->n_panels;
    int64_t n = min_i64 (plan->n_panels - panel, end - unit);

    gather_group (&tile, group, panel, panel + n);
    unit += n;
  }
}

static void
measure (const TlConvArgs *args, bool gradient, TlWork *work)
{
  ConvPlan plan;

  *work = (TlWork){ 0 };
  if (TL_NAME (tl_conv_winograd_fits) (args)) {
    TL_NAME (tl_conv_winograd_measure)
    (args, gradient, work);
    return;
  }
  if (!plan_conv (args, gradient, &plan))
    return;
  work->n_phases = 2;
  work->n_tiles[0] = plan.n_pack_tiles;
  work->n_tiles[1] = plan.classes[0] * plan.classes[1] * plan.n_image_tiles * plan.n_row_tiles * plan.n_col_tiles * plan.n_unit_tiles;
  work->workspace = plan.n_shared * sizeof (real);
  work->scratch = round_up (plan.n_segments * sizeof (MicroSegment), 64) + plan.n_copy * sizeof (real);
}

void TL_NAME (tl_conv_forward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_conv_forward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
void TL_NAME (tl_conv_data_gradient_measure) (const void *args, TlWork *work);
void TL_NAME (tl_conv_data_gradient_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

void
TL_NAME (tl_conv_forward_measure) (const void *args, TlWork *work)
{
  measure (args, false, work);
}

void
TL_NAME (tl_conv_forward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlConvArgs *conv = args;
  const real       *bias = conv->has_bias ? data[2] : NULL;
  ConvPlan          plan;

  if (TL_NAME (tl_conv_winograd_fits) (conv)) {
    TL_NAME (tl_conv_winograd_run)
    (conv, false, data[0], data[1], bias, data[3], workspace, phase, tile, scratch);
    return;
  }
  plan_conv (conv, false, &plan);
  if (phase == 0)
    run_pack (&plan, data[1], bias, tile, workspace);
  else
    run_tile (&plan, data[0], data[3], bias != NULL, workspace, tile, scratch);
}

void
TL_NAME (tl_conv_data_gradient_measure) (const void *args, TlWork *work)
{
  measure (args, true, work);
}

void
TL_NAME (tl_conv_data_gradient_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  ConvPlan plan;

  if (TL_NAME (tl_conv_winograd_fits) (args)) {
    TL_NAME (tl_conv_winograd_run)
    (args, true, data[0], data[1], NULL, data[2], workspace, phase, tile, scratch);
    return;
  }
  plan_conv (args, true, &plan);
  if (phase == 0)
    run_pack (&plan, data[1], NULL, tile, workspace);
  else
    run_tile (&plan, data[0], data[2], false, workspace, tile, scratch);
}
