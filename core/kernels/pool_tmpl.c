/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two-dimensional pooling.  A tile is a number of rows of the output (or, backwards, of the input), counted over the batch.
 *
 * Every window is computed over a run of channels at once: with channel stride 1 that is a vector, otherwise a strided walk through
 * the same code.
 */

#include "core/kernels/convert.h"
#include "core/kernels/functors.h"
#include "core/kernels/pool.h"

#define KERNEL(name)                                              \
  void TL_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_max_pool_forward)
KERNEL (tl_max_pool_backward)
KERNEL (tl_avg_pool_forward)
KERNEL (tl_avg_pool_backward)

#define TILE_ELEMENTS 65536
#define RUN 64 /* channels at a time */

static int64_t
rows_per_tile (const TlPoolArgs *args)
{
  int64_t taps = args->kernel[0] * args->kernel[1];

  return tl_max_i64 (1, TILE_ELEMENTS * 4 / tl_max_i64 (1, args->c * args->out[1] * taps));
}

static int64_t
input_rows_per_tile (const TlPoolArgs *args)
{
  return tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, args->c * args->in[1]));
}

static void
measure_rows (const TlPoolArgs *args, int64_t rows, int64_t per, TlWork *work)
{
  *work = (TlWork){ .n_phases = 1 };
  if (args->c > 0)
    work->n_tiles[0] = (size_t)tl_ceil_div (args->n * rows, per);
}

/* The part [first, end) of a window's elements that lie in the input. */
typedef struct {
  int64_t first, end;
  int64_t start; /* position of element 0 */
} Window;

static Window
window_at (const TlPoolArgs *args, int axis, int64_t out, int64_t dilation)
{
  Window  w = { 0, args->kernel[axis], out * args->stride[axis] - args->pad_low[axis] };
  int64_t room = args->in[axis] - w.start;

  if (w.start < 0)
    w.first = tl_ceil_div (-w.start, dilation);
  w.end = tl_min_i64 (w.end, room > 0 ? tl_ceil_div (room, dilation) : 0);
  w.end = tl_max_i64 (w.end, w.first);
  return w;
}

/* The windows [first, end) along an axis that could hold input position p. */
static void
windows_of (const TlPoolArgs *args, int axis, int64_t p, int64_t dilation, int64_t *first, int64_t *end)
{
  int64_t low = p + args->pad_low[axis] - (args->kernel[axis] - 1) * dilation;

  *first = low > 0 ? tl_ceil_div (low, args->stride[axis]) : 0;
  *end = tl_min_i64 (args->out[axis], (p + args->pad_low[axis]) / args->stride[axis] + 1);
}

static void
store_index (const TlPoolArgs *args, void *index, int64_t at, const int32_t *position, int64_t n)
{
  if (args->index_dtype == TL_DTYPE_U8) {
    uint8_t *out = (uint8_t *)index + at;

    for (int64_t i = 0; i < n; i++)
      out[i] = (uint8_t)position[i];
  } else {
    memcpy ((int32_t *)index + at, position, (size_t)n * sizeof *position);
  }
}

/* Takes up one tap: the greater wins, the first of equals, and a NaN over numbers. */
static inline __attribute__ ((always_inline)) void
take_tap (real *best, int32_t *position, const real *x, int64_t stride, int32_t tap, int64_t n)
{
  TL_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    real v = x[i * stride], b = best[i];
    int  wins = (v > b) | (v != v);

    best[i] = wins ? v : b;
    position[i] = wins ? tap : position[i];
  }
}

static inline __attribute__ ((always_inline)) void
max_window (const TlPoolArgs *args, const real *x, Window h, Window w, real *best, int32_t *position, int64_t n, int64_t stride)
{
  for (int64_t i = 0; i < n; i++) {
    best[i] = (real)-__builtin_inf ();
    position[i] = (int32_t)(h.first * args->kernel[1] + w.first);
  }
  for (int64_t a = h.first; a < h.end; a++)
    for (int64_t b = w.first; b < w.end; b++)
      take_tap (best, position,
                x + (h.start + a * args->dilation[0]) * args->x_stride[2] +
                  (w.start + b * args->dilation[1]) * args->x_stride[3],
                stride, (int32_t)(a * args->kernel[1] + b), n);
}

static void
max_row (const TlPoolArgs *args, void *const *data, int64_t n, int64_t oh)
{
  const real *x = (const real *)data[0] + n * args->x_stride[0];
  real       *y = (real *)data[1] + n * args->y_stride[0] + oh * args->y_stride[2];
  Window      h = window_at (args, 0, oh, args->dilation[0]);
  real        best[RUN];
  int32_t     position[RUN];

  for (int64_t ow = 0; ow < args->out[1]; ow++) {
    Window w = window_at (args, 1, ow, args->dilation[1]);

    for (int64_t c = 0; c < args->c; c += RUN) {
      int64_t run = tl_min_i64 (RUN, args->c - c);

      if (args->x_stride[1] == 1)
        max_window (args, x + c, h, w, best, position, run, 1);
      else
        max_window (args, x + c * args->x_stride[1], h, w, best, position, run, args->x_stride[1]);
      for (int64_t i = 0; i < run; i++)
        y[ow * args->y_stride[3] + (c + i) * args->y_stride[1]] = best[i];
      if (data[2])
        store_index (args, data[2], ((n * args->out[0] + oh) * args->out[1] + ow) * args->c + c, position, run);
    }
  }
}

/* The common case, channels-last 2 x 2 windows within the input: all four taps in registers. */
static void
max_row_2x2 (const TlPoolArgs *args, void *const *data, int64_t n, int64_t oh)
{
  const real *x0 = (const real *)data[0] + n * args->x_stride[0] + 2 * oh * args->x_stride[2];
  const real *x1 = x0 + args->x_stride[2];
  real       *y = (real *)data[1] + n * args->y_stride[0] + oh * args->y_stride[2];
  int64_t     step = args->x_stride[3], channels = args->c;
  uint8_t    *index = data[2] ? (uint8_t *)data[2] + (n * args->out[0] + oh) * args->out[1] * args->c : NULL;

  for (int64_t ow = 0; ow < args->out[1]; ow++) {
    const real *a = x0 + 2 * ow * step, *b = a + step, *c = x1 + 2 * ow * step, *d = c + step;
    real *restrict out = y + ow * args->y_stride[3];

    for (int64_t i = 0; i < channels; i++) {
      real v = (b[i] > a[i]) | (b[i] != b[i]) ? b[i] : a[i];

      v = (c[i] > v) | (c[i] != c[i]) ? c[i] : v;
      out[i] = (d[i] > v) | (d[i] != d[i]) ? d[i] : v;
    }
    if (!index)
      continue;
    for (int64_t i0 = 0; i0 < channels; i0 += RUN) {
      int64_t run = tl_min_i64 (RUN, channels - i0);
      int32_t position[RUN];

      for (int64_t i = 0; i < run; i++) {
        real    v = a[i0 + i];
        int     wins = (b[i0 + i] > v) | (b[i0 + i] != b[i0 + i]);
        int32_t p = wins ? 1 : 0;

        v = wins ? b[i0 + i] : v;
        wins = (c[i0 + i] > v) | (c[i0 + i] != c[i0 + i]);
        p = wins ? 2 : p;
        v = wins ? c[i0 + i] : v;
        wins = (d[i0 + i] > v) | (d[i0 + i] != d[i0 + i]);
        position[i] = wins ? 3 : p;
      }
      for (int64_t i = 0; i < run; i++)
        index[ow * channels + i0 + i] = (uint8_t)position[i];
    }
  }
}

static int
is_plain_2x2 (const TlPoolArgs *args)
{
  int plain = args->x_stride[1] == 1 && args->y_stride[1] == 1 && args->index_dtype == TL_DTYPE_U8;

  for (int d = 0; d < 2; d++)
    plain &= args->kernel[d] == 2 && args->stride[d] == 2 && args->pad_low[d] == 0 && args->dilation[d] == 1 &&
             args->out[d] * 2 <= args->in[d];
  return plain;
}

void
TL_NAME (tl_max_pool_forward_measure) (const void *args_, TlWork *work)
{
  const TlPoolArgs *args = args_;

  measure_rows (args, args->out[0], rows_per_tile (args), work);
}

void
TL_NAME (tl_max_pool_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlPoolArgs *args = args_;
  int64_t           per = rows_per_tile (args), end = tl_min_i64 (args->n * args->out[0], ((int64_t)tile + 1) * per);
  int               plain = is_plain_2x2 (args);

  for (int64_t r = (int64_t)tile * per; r < end; r++)
    if (plain)
      max_row_2x2 (args, data, r / args->out[0], r % args->out[0]);
    else
      max_row (args, data, r / args->out[0], r % args->out[0]);
}

/* acc += dy where the window's maximum is this tap. */
static void
add_where (const TlPoolArgs *args, real *acc, const real *dy, int64_t stride, const void *index, int64_t at, int32_t tap, int64_t n)
{
  if (args->index_dtype == TL_DTYPE_U8) {
    const uint8_t *p = (const uint8_t *)index + at;

    TL_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      acc[i] += (int32_t)p[i] == tap ? dy[i * stride] : 0;
  } else {
    const int32_t *p = (const int32_t *)index + at;

    TL_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      acc[i] += p[i] == tap ? dy[i * stride] : 0;
  }
}

static void
max_gradient_row (const TlPoolArgs *args, void *const *data, int64_t n, int64_t h)
{
  const real *dy = (const real *)data[0] + n * args->y_stride[0];
  real       *dx = (real *)data[2] + n * args->x_stride[0] + h * args->x_stride[2];
  int64_t     h_first, h_end, w_first, w_end;
  real        acc[RUN];

  windows_of (args, 0, h, args->dilation[0], &h_first, &h_end);
  for (int64_t w = 0; w < args->in[1]; w++) {
    windows_of (args, 1, w, args->dilation[1], &w_first, &w_end);
    for (int64_t c = 0; c < args->c; c += RUN) {
      int64_t run = tl_min_i64 (RUN, args->c - c);

      for (int64_t i = 0; i < run; i++)
        acc[i] = 0;
      for (int64_t oh = h_first; oh < h_end; oh++) {
        int64_t a = h + args->pad_low[0] - oh * args->stride[0];

        if (a % args->dilation[0] != 0)
          continue;
        for (int64_t ow = w_first; ow < w_end; ow++) {
          int64_t b = w + args->pad_low[1] - ow * args->stride[1];

          if (b % args->dilation[1] != 0)
            continue;
          add_where (args, acc, dy + oh * args->y_stride[2] + ow * args->y_stride[3] + c * args->y_stride[1],
                     args->y_stride[1], data[1], ((n * args->out[0] + oh) * args->out[1] + ow) * args->c + c,
                     (int32_t)(a / args->dilation[0] * args->kernel[1] + b / args->dilation[1]), run);
        }
      }
      for (int64_t i = 0; i < run; i++)
        dx[w * args->x_stride[3] + (c + i) * args->x_stride[1]] = acc[i];
    }
  }
}

/* Plain 2 x 2 windows do not overlap: every element is in one or none. */
static void
max_gradient_row_2x2 (const TlPoolArgs *args, void *const *data, int64_t n, int64_t h)
{
  int64_t channels = args->c, oh = h / 2;
  real   *dx = (real *)data[2] + n * args->x_stride[0] + h * args->x_stride[2];

  for (int64_t w = 0; w < args->in[1]; w++) {
    int64_t ow = w / 2;
    uint8_t tap = (uint8_t)(h % 2 * 2 + w % 2);
    real *restrict out = dx + w * args->x_stride[3];

    if (oh < args->out[0] && ow < args->out[1]) {
      const real    *dy = (const real *)data[0] + n * args->y_stride[0] + oh * args->y_stride[2] + ow * args->y_stride[3];
      const uint8_t *index = (const uint8_t *)data[1] + ((n * args->out[0] + oh) * args->out[1] + ow) * channels;

      for (int64_t i = 0; i < channels; i++)
        out[i] = index[i] == tap ? dy[i] : 0;
    } else {
      memset (out, 0, (size_t)channels * sizeof (real));
    }
  }
}

void
TL_NAME (tl_max_pool_backward_measure) (const void *args_, TlWork *work)
{
  const TlPoolArgs *args = args_;

  measure_rows (args, args->in[0], input_rows_per_tile (args), work);
}

void
TL_NAME (tl_max_pool_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlPoolArgs *args = args_;
  int64_t           per = input_rows_per_tile (args), end = tl_min_i64 (args->n * args->in[0], ((int64_t)tile + 1) * per);
  int               plain = is_plain_2x2 (args);

  for (int64_t r = (int64_t)tile * per; r < end; r++)
    if (plain)
      max_gradient_row_2x2 (args, data, r / args->in[0], r % args->in[0]);
    else
      max_gradient_row (args, data, r / args->in[0], r % args->in[0]);
}

/* Elements that the average of a window is over. */
static int64_t
divisor_along (const TlPoolArgs *args, int axis, int64_t out)
{
  int64_t start = out * args->stride[axis] - args->pad_low[axis], end = start + args->kernel[axis];

  if (args->count_include_pad)
    return tl_min_i64 (end, args->in[axis] + args->pad_high[axis]) - start;
  return tl_min_i64 (end, args->in[axis]) - tl_max_i64 (start, 0);
}

static real
window_scale (const TlPoolArgs *args, int64_t oh, int64_t ow)
{
  return (real)1 / (real)(divisor_along (args, 0, oh) * divisor_along (args, 1, ow));
}

static void
avg_row (const TlPoolArgs *args, void *const *data, int64_t n, int64_t oh)
{
  const real *x = (const real *)data[0] + n * args->x_stride[0];
  real       *y = (real *)data[1] + n * args->y_stride[0] + oh * args->y_stride[2];
  Window      h = window_at (args, 0, oh, 1);
  real        acc[RUN];

  for (int64_t ow = 0; ow < args->out[1]; ow++) {
    Window w = window_at (args, 1, ow, 1);
    real   scale = window_scale (args, oh, ow);

    for (int64_t c = 0; c < args->c; c += RUN) {
      int64_t run = tl_min_i64 (RUN, args->c - c), stride = args->x_stride[1];

      for (int64_t i = 0; i < run; i++)
        acc[i] = 0;
      for (int64_t a = h.first; a < h.end; a++)
        for (int64_t b = w.first; b < w.end; b++) {
          const real *in = x + (h.start + a) * args->x_stride[2] + (w.start + b) * args->x_stride[3] + c * stride;

          for (int64_t i = 0; i < run; i++)
            acc[i] += in[i * stride];
        }
      for (int64_t i = 0; i < run; i++)
        y[ow * args->y_stride[3] + (c + i) * args->y_stride[1]] = acc[i] * scale;
    }
  }
}

static void
avg_gradient_row (const TlPoolArgs *args, void *const *data, int64_t n, int64_t h)
{
  const real *dy = (const real *)data[0] + n * args->y_stride[0];
  real       *dx = (real *)data[1] + n * args->x_stride[0] + h * args->x_stride[2];
  int64_t     h_first, h_end, w_first, w_end;
  real        acc[RUN];

  windows_of (args, 0, h, 1, &h_first, &h_end);
  for (int64_t w = 0; w < args->in[1]; w++) {
    windows_of (args, 1, w, 1, &w_first, &w_end);
    for (int64_t c = 0; c < args->c; c += RUN) {
      int64_t run = tl_min_i64 (RUN, args->c - c), stride = args->y_stride[1];

      for (int64_t i = 0; i < run; i++)
        acc[i] = 0;
      for (int64_t oh = h_first; oh < h_end; oh++)
        for (int64_t ow = w_first; ow < w_end; ow++) {
          const real *in = dy + oh * args->y_stride[2] + ow * args->y_stride[3] + c * stride;
          real        scale = window_scale (args, oh, ow);

          for (int64_t i = 0; i < run; i++)
            acc[i] += in[i * stride] * scale;
        }
      for (int64_t i = 0; i < run; i++)
        dx[w * args->x_stride[3] + (c + i) * args->x_stride[1]] = acc[i];
    }
  }
}

void
TL_NAME (tl_avg_pool_forward_measure) (const void *args_, TlWork *work)
{
  const TlPoolArgs *args = args_;

  measure_rows (args, args->out[0], rows_per_tile (args), work);
}

void
TL_NAME (tl_avg_pool_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlPoolArgs *args = args_;
  int64_t           per = rows_per_tile (args), end = tl_min_i64 (args->n * args->out[0], ((int64_t)tile + 1) * per);

  for (int64_t r = (int64_t)tile * per; r < end; r++)
    avg_row (args, data, r / args->out[0], r % args->out[0]);
}

void
TL_NAME (tl_avg_pool_backward_measure) (const void *args_, TlWork *work)
{
  const TlPoolArgs *args = args_;

  measure_rows (args, args->in[0], input_rows_per_tile (args), work);
}

void
TL_NAME (tl_avg_pool_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlPoolArgs *args = args_;
  int64_t           per = input_rows_per_tile (args), end = tl_min_i64 (args->n * args->in[0], ((int64_t)tile + 1) * per);

  for (int64_t r = (int64_t)tile * per; r < end; r++)
    avg_gradient_row (args, data, r / args->in[0], r % args->in[0]);
}
