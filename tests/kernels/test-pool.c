/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pooling against plain loops, over windows, strides, paddings, ceil mode and both memory orders; backward as the adjoint of forward.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/pool.h"

typedef struct {
  gint64 n, c, h, w;
  gint64 kernel[2], stride[2], pad_low[2], pad_high[2], dilation[2];
  int    ceil_mode, channels_last, include_pad;
} Shape;

// clang-format off
static const Shape shapes[] = {
  { 2, 32, 28, 28, { 2, 2 }, { 2, 2 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, 0, 1, 1 },
  { 2, 67, 15, 13, { 2, 2 }, { 2, 2 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, 0, 1, 1 },
  { 2, 5, 15, 13,  { 2, 2 }, { 2, 2 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, 1, 1, 0 },
  { 3, 7, 11, 9,   { 3, 3 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, 0, 0, 1 },
  { 3, 7, 11, 9,   { 3, 2 }, { 1, 2 }, { 1, 1 }, { 0, 1 }, { 1, 1 }, 0, 1, 0 },
  { 1, 70, 9, 10,  { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 2, 2 }, 0, 1, 1 },
  { 1, 3, 8, 8,    { 8, 8 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, 0, 0, 1 },
  { 2, 4, 5, 5,    { 3, 3 }, { 2, 2 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, 1, 1, 1 },
  { 1, 1, 1, 1,    { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, 0, 1, 1 },
  { 1, 2, 20, 20,  { 17, 17 }, { 3, 3 }, { 8, 8 }, { 8, 8 }, { 1, 1 }, 0, 1, 1 },
};
// clang-format on

static TlPoolArgs
args_of (const Shape *s, TlDType dtype, int max)
{
  TlPoolArgs args = { .dtype = dtype, .count_include_pad = s->include_pad, .n = s->n, .c = s->c, .in = { s->h, s->w } };

  for (int d = 0; d < 2; d++) {
    args.kernel[d] = s->kernel[d];
    args.stride[d] = s->stride[d];
    args.pad_low[d] = s->pad_low[d];
    args.pad_high[d] = s->pad_high[d];
    args.dilation[d] = max ? s->dilation[d] : 1;
    args.out[d] = tl_pool_out_size (args.in[d], args.kernel[d], args.stride[d], args.dilation[d], args.pad_low[d], args.pad_high[d], s->ceil_mode);
  }
  args.index_dtype = args.kernel[0] * args.kernel[1] <= 256 ? TL_DTYPE_U8 : TL_DTYPE_I32;
  if (s->channels_last) {
    gint64 x[4] = { s->h * s->w * s->c, 1, s->w * s->c, s->c }, y[4] = { args.out[0] * args.out[1] * s->c, 1, args.out[1] * s->c, s->c };

    memcpy (args.x_stride, x, sizeof x);
    memcpy (args.y_stride, y, sizeof y);
  } else {
    gint64 x[4] = { s->h * s->w * s->c, s->h * s->w, s->w, 1 }, y[4] = { args.out[0] * args.out[1] * s->c, args.out[0] * args.out[1], args.out[1], 1 };

    memcpy (args.x_stride, x, sizeof x);
    memcpy (args.y_stride, y, sizeof y);
  }
  return args;
}

static gint64
at (const gint64 *stride, gint64 n, gint64 c, gint64 h, gint64 w)
{
  return n * stride[0] + c * stride[1] + h * stride[2] + w * stride[3];
}

static void
check_shape (const TlKernels *kernels, TlDType dtype, const Shape *s, int max)
{
  TlPoolArgs args = args_of (s, dtype, max);
  gsize      size = tl_dtype_size (dtype), n_x = (gsize)(s->n * s->c * s->h * s->w), n_y = (gsize)(s->n * s->c * args.out[0] * args.out[1]);
  gsize      index_bytes = n_y * tl_dtype_size (args.index_dtype);
  void      *x = random_elements (dtype, n_x, -5, 5, 3), *dy = random_elements (dtype, n_y, -1, 1, 4), *y = guarded_new (n_y * size);
  void      *dx = guarded_new (n_x * size), *index = guarded_new (index_bytes);
  double    *want_dx = g_new0 (double, n_x);

  for (gsize i = 0; i < n_x; i += 3) /* equal elements: the first must win */
    set_element (dtype, x, (gint64)i, 2);
  if (max) {
    run_kernel (&kernels->max_pool_forward, &args, (void *const[]){ x, y, index }, RUN_BACKWARDS);
    run_kernel (&kernels->max_pool_backward, &args, (void *const[]){ dy, index, dx }, RUN_BACKWARDS);
  } else {
    run_kernel (&kernels->avg_pool_forward, &args, (void *const[]){ x, y }, RUN_BACKWARDS);
    run_kernel (&kernels->avg_pool_backward, &args, (void *const[]){ dy, dx }, RUN_BACKWARDS);
  }
  for (gint64 i = 0; i < (gint64)n_y; i++) {
    gint64 ow = i % args.out[1], oh = i / args.out[1] % args.out[0], c = i / args.out[1] / args.out[0] % s->c, n = i / args.out[1] / args.out[0] / s->c;
    gint64 best_at = -1, best_tap = -1, count = 0, padded = 0;
    double best = -INFINITY, sum = 0, d = get_element (dtype, dy, at (args.y_stride, n, c, oh, ow));

    for (int pass = 0; pass < 2; pass++)
      for (gint64 a = 0; a < args.kernel[0]; a++)
        for (gint64 b = 0; b < args.kernel[1]; b++) {
          gint64 h = oh * args.stride[0] - args.pad_low[0] + a * args.dilation[0], w = ow * args.stride[1] - args.pad_low[1] + b * args.dilation[1];
          gint64 k = at (args.x_stride, n, c, h, w);

          if (pass == 0 && h < s->h + args.pad_high[0] && w < s->w + args.pad_high[1])
            padded++;
          if (h < 0 || w < 0 || h >= s->h || w >= s->w)
            continue;
          if (pass == 0) {
            double v = get_element (dtype, x, k);

            count++;
            sum += v;
            if (v > best || best_at < 0) {
              best = v;
              best_at = k;
              best_tap = a * args.kernel[1] + b;
            }
          } else if (!max) {
            want_dx[k] += d / (double)(s->include_pad ? padded : count);
          }
        }
    if (max) {
      want_dx[best_at] += d;
      assert_near (get_element (dtype, y, at (args.y_stride, n, c, oh, ow)), best, 0, "max", i);
      g_assert_cmpfloat (get_element (args.index_dtype, index, ((n * args.out[0] + oh) * args.out[1] + ow) * s->c + c), ==, best_tap);
    } else {
      assert_near (get_element (dtype, y, at (args.y_stride, n, c, oh, ow)), sum / (double)(s->include_pad ? padded : count),
                   tolerance (dtype, 1e-6, 1e-14), "average", i);
    }
  }
  for (gint64 i = 0; i < (gint64)n_x; i++)
    assert_near (get_element (dtype, dx, i), want_dx[i], tolerance (dtype, 3e-6, 1e-13), max ? "max dx" : "average dx", i);
  guarded_free (x, n_x * size);
  guarded_free (dy, n_y * size);
  guarded_free (y, n_y * size);
  guarded_free (dx, n_x * size);
  guarded_free (index, index_bytes);
  g_free (want_dx);
}

static void
check_max (const TlKernels *kernels, TlDType dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_shape (kernels, dtype, &shapes[i], 1);
}

static void
check_avg (const TlKernels *kernels, TlDType dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_shape (kernels, dtype, &shapes[i], 0);
}

/* A mask is as good as a gradient that is zero where the mask is not positive. */
static void
check_mask (const TlKernels *kernels, TlDType dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    TlPoolArgs args = args_of (&shapes[i], dtype, 1);
    gsize      size = tl_dtype_size (dtype), n_x = (gsize)(args.n * args.c * args.in[0] * args.in[1]);
    gsize      n_y = (gsize)(args.n * args.c * args.out[0] * args.out[1]), n_index = n_y * tl_dtype_size (args.index_dtype);
    void      *x = random_elements (dtype, n_x, -5, 5, 3), *dy = random_elements (dtype, n_y, -1, 1, 4), *y = guarded_new (n_y * size);
    void      *dx = guarded_new (n_x * size), *want = guarded_new (n_x * size), *index = guarded_new (n_index);

    for (gsize j = 0; j < n_x; j += 2) /* so that some windows have nothing positive */
      set_element (dtype, x, (gint64)j, -1);
    run_kernel (&kernels->max_pool_forward, &args, (void *const[]){ x, y, index }, RUN_FORWARDS);
    args.has_mask = 1;
    memcpy (args.mask_stride, args.y_stride, sizeof args.mask_stride);
    run_kernel (&kernels->max_pool_backward, &args, (void *const[]){ dy, index, dx, y }, RUN_BACKWARDS);
    for (gsize j = 0; j < n_y; j++)
      if (!(get_element (dtype, y, (gint64)j) > 0))
        set_element (dtype, dy, (gint64)j, 0);
    args.has_mask = 0;
    run_kernel (&kernels->max_pool_backward, &args, (void *const[]){ dy, index, want }, RUN_FORWARDS);
    g_assert_cmpmem (dx, n_x * size, want, n_x * size);
    guarded_free (x, n_x * size);
    guarded_free (dy, n_y * size);
    guarded_free (y, n_y * size);
    guarded_free (dx, n_x * size);
    guarded_free (want, n_x * size);
    guarded_free (index, n_index);
  }
}

static void
check_nan (const TlKernels *kernels, TlDType dtype)
{
  const Shape s = { 1, 40, 4, 4, { 2, 2 }, { 2, 2 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, 0, 1, 1 };
  TlPoolArgs  args = args_of (&s, dtype, 1);
  void       *x = random_elements (dtype, 640, -1, 1, 8), *y = guarded_new (160 * 8);

  for (int plain = 0; plain < 2; plain++) {
    set_element (dtype, x, at (args.x_stride, 0, 7, 1, 0), NAN);
    args.index_dtype = plain ? TL_DTYPE_U8 : TL_DTYPE_I32; /* the latter takes the general path */
    run_kernel (&kernels->max_pool_forward, &args, (void *const[]){ x, y, NULL }, RUN_FORWARDS);
    g_assert_true (isnan (get_element (dtype, y, at (args.y_stride, 0, 7, 0, 0))));
    g_assert_false (isnan (get_element (dtype, y, at (args.y_stride, 0, 8, 0, 0))));
  }
  guarded_free (x, 640 * tl_dtype_size (dtype));
  guarded_free (y, 160 * 8);
}

#define EACH(name)                       \
  static void test_##name (void)         \
  {                                      \
    each_level_and_float (check_##name); \
  }
EACH (max)
EACH (avg)
EACH (mask)
EACH (nan)

static void
test_out_size (void)
{
  g_assert_cmpint (tl_pool_out_size (5, 2, 2, 1, 0, 0, 0), ==, 2);
  g_assert_cmpint (tl_pool_out_size (5, 2, 2, 1, 0, 0, 1), ==, 3);
  g_assert_cmpint (tl_pool_out_size (5, 3, 2, 1, 1, 1, 1), ==, 3);
  g_assert_cmpint (tl_pool_out_size (4, 2, 3, 1, 1, 0, 1), ==, 2);
  g_assert_cmpint (tl_pool_out_size (2, 3, 1, 1, 0, 0, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/pool/max", test_max);
  g_test_add_func ("/kernels/pool/average", test_avg);
  g_test_add_func ("/kernels/pool/mask", test_mask);
  g_test_add_func ("/kernels/pool/nan", test_nan);
  g_test_add_func ("/kernels/pool/out-size", test_out_size);
  return g_test_run ();
}
