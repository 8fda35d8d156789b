/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two-dimensional pooling.  A tile is a number of rows of the output (or, backwards, of the input), counted over the batch.
 *
 * Every window is computed over a run of channels at once: with channel stride 1 that is a vector, otherwise a strided walk through
 * the same code.
 */

#include "core/kernels/convert.h"
#include "core/kernels/functors.h"
#include "core/kernels/gemm-micro.h"
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

/* Channels by vectors; the last ones are computed again where they do not fill one. */
#define EACH_VECTOR(c, n) \
  for (int64_t c = 0; c < (n); c = c + VL < (n) && c + 2 * VL > (n) ? (n)-VL : c + VL)

typedef uint8_t Bytes __attribute__ ((vector_size (VL), may_alias));

static inline Index
bytes_load (const uint8_t *p)
{
  Bytes bytes;

  memcpy (&bytes, p, sizeof bytes);
  return __builtin_convertvector(bytes, Index);
}

/* The larger of a value and a tap, and which it is: the first of equals, a NaN over numbers. */
static inline void
take (Vec *best, Index *at, const real *tap, int position)
{
  Vec   x = vec_load (tap);
  Index wins = (Index)(x > *best) | (Index)(x != x);

  *best = (Vec)((wins & (Index)x) | (~wins & (Index)*best));
  *at = (wins & position) | (~wins & *at);
}

static inline void
max_taps_2x2 (const real *a, const real *b, const real *c, const real *d, real *y, uint8_t *index)
{
  Vec   best = vec_load (a);
  Index at = { 0 };
  Bytes bytes;

  take (&best, &at, b, 1);
  take (&best, &at, c, 2);
  take (&best, &at, d, 3);
  vec_store (y, best);
  bytes = __builtin_convertvector(at, Bytes);
  if (index)
    memcpy (index, &bytes, sizeof bytes);
}

/* The common case, channels-last 2 x 2 windows within the input: all four taps in registers. */
static void
max_row_2x2 (const TlPoolArgs *args, void *const *data, int64_t n, int64_t oh)
{
  const real *x0 = (const real *)data[0] + n * args->x_stride[0] + 2 * oh * args->x_stride[2];
  real       *y = (real *)data[1] + n * args->y_stride[0] + oh * args->y_stride[2];
  int64_t     step = args->x_stride[3], below = args->x_stride[2];
  uint8_t    *index = data[2] ? (uint8_t *)data[2] + (n * args->out[0] + oh) * args->out[1] * args->c : NULL;

  for (int64_t ow = 0; ow < args->out[1]; ow++)
    EACH_VECTOR (c, args->c)
    {
      const real *x = x0 + 2 * ow * step + c;

      max_taps_2x2 (x, x + step, x + below, x + below + step, y + ow * args->y_stride[3] + c,
                    index ? index + ow * args->c + c : NULL);
    }
}

static int
is_plain_2x2 (const TlPoolArgs *args)
{
  int plain = args->c >= VL && args->x_stride[1] == 1 && args->y_stride[1] == 1 && args->mask_stride[1] <= 1 && args->index_dtype == TL_DTYPE_U8;

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
add_where (const TlPoolArgs *args, real *acc, const real *dy, int64_t stride, const real *mask, const void *index, int64_t at, int32_t tap, int64_t n)
{
  real masked[RUN];

  if (mask) {
    for (int64_t i = 0; i < n; i++)
      masked[i] = mask[i * args->mask_stride[1]] > 0 ? dy[i * stride] : 0;
    dy = masked;
    stride = 1;
  }
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

static const real *
mask_at (const TlPoolArgs *args, const real *mask, int64_t n, int64_t oh, int64_t ow, int64_t c)
{
  const int64_t *stride = args->mask_stride;

  return mask ? mask + n * stride[0] + c * stride[1] + oh * stride[2] + ow * stride[3] : NULL;
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
                     args->y_stride[1], mask_at (args, args->has_mask ? data[3] : NULL, n, oh, ow, c), data[1], ((n * args->out[0] + oh) * args->out[1] + ow) * args->c + c,
                     (int32_t)(a / args->dilation[0] * args->kernel[1] + b / args->dilation[1]), run);
        }
      }
      for (int64_t i = 0; i < run; i++)
        dx[w * args->x_stride[3] + (c + i) * args->x_stride[1]] = acc[i];
    }
  }
}

/* Plain 2 x 2 windows do not overlap: an element of dy goes to one of four places. */
static inline void
spread_2x2 (const real *dy, const real *mask, const uint8_t *index, real *d0, real *d1, int64_t step)
{
  Index at = bytes_load (index), g = (Index)vec_load (dy);

  if (mask)
    g &= (Index)(vec_load (mask) > 0);
  vec_store (d0, (Vec)((Index)(at == 0) & g));
  vec_store (d0 + step, (Vec)((Index)(at == 1) & g));
  vec_store (d1, (Vec)((Index)(at == 2) & g));
  vec_store (d1 + step, (Vec)((Index)(at == 3) & g));
}

/* Row oh of windows, and with the last row what lies below it. */
static void
max_gradient_row_2x2 (const TlPoolArgs *args, void *const *data, int64_t n, int64_t oh)
{
  int64_t        channels = args->c, step = args->x_stride[3], used = 2 * args->out[1];
  real          *dx = (real *)data[2] + n * args->x_stride[0] + 2 * oh * args->x_stride[2];
  const real    *dy = (const real *)data[0] + n * args->y_stride[0] + oh * args->y_stride[2];
  const real    *mask = args->has_mask ? (const real *)data[3] + n * args->mask_stride[0] + oh * args->mask_stride[2] : NULL;
  const uint8_t *index = (const uint8_t *)data[1] + (n * args->out[0] + oh) * args->out[1] * channels;
  int64_t        end = oh + 1 == args->out[0] ? args->in[0] : 2 * oh + 2;

  for (int64_t ow = 0; ow < args->out[1]; ow++)
    EACH_VECTOR (c, channels)
    {
      real *to = dx + 2 * ow * step + c;

      spread_2x2 (dy + ow * args->y_stride[3] + c, mask ? mask + ow * args->mask_stride[3] + c : NULL,
                  index + ow * channels + c, to, to + args->x_stride[2], step);
    }
  for (int64_t h = 2 * oh; h < end; h++)
    for (int64_t w = h < 2 * oh + 2 ? used : 0; w < args->in[1]; w++)
      memset (dx + (h - 2 * oh) * args->x_stride[2] + w * step, 0, (size_t)channels * sizeof (real));
}

/* Rows of the input, or of plain windows, that are counted into tiles. */
static int64_t
gradient_rows (const TlPoolArgs *args)
{
  return is_plain_2x2 (args) ? args->out[0] : args->in[0];
}

static int64_t
gradient_rows_per_tile (const TlPoolArgs *args)
{
  int64_t row = args->c * args->in[1] * (is_plain_2x2 (args) ? 2 : 1);

  return tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, row));
}

void
TL_NAME (tl_max_pool_backward_measure) (const void *args_, TlWork *work)
{
  const TlPoolArgs *args = args_;

  measure_rows (args, gradient_rows (args), gradient_rows_per_tile (args), work);
}

void
TL_NAME (tl_max_pool_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlPoolArgs *args = args_;
  int64_t           per = gradient_rows_per_tile (args), rows = gradient_rows (args);
  int64_t           end = tl_min_i64 (args->n * rows, ((int64_t)tile + 1) * per);
  int               plain = is_plain_2x2 (args);

  for (int64_t r = (int64_t)tile * per; r < end; r++)
    if (plain)
      max_gradient_row_2x2 (args, data, r / rows, r % rows);
    else
      max_gradient_row (args, data, r / rows, r % rows);
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

/* acc += x * scale over a run of channels, by vectors where they lie side by side. */
static inline void
add_scaled (real *restrict acc, const real *restrict x, int64_t stride, real scale, int64_t n)
{
  if (stride == 1)
    for (int64_t i = 0; i < n; i++)
      acc[i] += x[i] * scale;
  else
    for (int64_t i = 0; i < n; i++)
      acc[i] += x[i * stride] * scale;
}

/* out = acc * scale. */
static inline void
put_scaled (real *restrict out, int64_t stride, const real *restrict acc, real scale, int64_t n)
{
  if (stride == 1)
    for (int64_t i = 0; i < n; i++)
      out[i] = acc[i] * scale;
  else
    for (int64_t i = 0; i < n; i++)
      out[i * stride] = acc[i] * scale;
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

          add_scaled (acc, in, stride, 1, run);
        }
      put_scaled (y + ow * args->y_stride[3] + c * args->y_stride[1], args->y_stride[1], acc, scale, run);
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

          add_scaled (acc, in, stride, window_scale (args, oh, ow), run);
        }
      put_scaled (dx + w * args->x_stride[3] + c * args->x_stride[1], args->x_stride[1], acc, 1, run);
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
