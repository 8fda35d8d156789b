/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/kernels/conv.h"
#include "tests/kernels/kernel-call.h"
#include "tests/sanitized.h"

/* An operand of either dtype, with the same values in double beside it. */
typedef struct {
  TlDType dtype;
  size_t  n;
  void   *data;
  double *values;
} Operand;

static const TlKernels *kernels;

static double
element (const Operand *operand, size_t i)
{
  return operand->dtype == TL_DTYPE_F32 ? ((float *)operand->data)[i] : ((double *)operand->data)[i];
}

static Operand
operand_new (GRand *rand, TlDType dtype, size_t n)
{
  Operand operand = { dtype, n, kernel_call_memory (n * tl_dtype_size (dtype)), g_new0 (double, n + 1) };

  for (size_t i = 0; i < n && rand != NULL; i++) {
    float value = g_rand_double_range (rand, -1, 1);
    operand.values[i] = value;
    if (dtype == TL_DTYPE_F32)
      ((float *)operand.data)[i] = value;
    else
      ((double *)operand.data)[i] = value;
  }
  return operand;
}

static void
operand_clear (Operand *operand)
{
  free (operand->data);
  g_free (operand->values);
}

/* One term of the sum for each (image, group, channels, pixel, tap); mode says which operand is added to. */
typedef enum {
  FORWARD,
  DATA_GRADIENT,
  WEIGHT_GRADIENT,
} Mode;

static void
add_window (const TlConvArgs *a, Mode mode, int64_t n, int64_t o, int64_t i, int64_t j, double *x, double *w, double *y)
{
  int64_t c_group = a->c / a->groups, o_group = a->o / a->groups, first = o / o_group * c_group;
  double *out = y + n * a->y_stride[0] + i * a->y_stride[1] + j * a->y_stride[2] + o;

  for (int64_t c = 0; c < c_group; c++)
    for (int64_t p = 0; p < a->kernel[0]; p++)
      for (int64_t q = 0; q < a->kernel[1]; q++) {
        int64_t h = i * a->stride[0] + p * a->dilation[0] - a->pad_low[0];
        int64_t v = j * a->stride[1] + q * a->dilation[1] - a->pad_low[1];
        double *weight = w + ((o * c_group + c) * a->kernel[0] + p) * a->kernel[1] + q;
        double *in = x + n * a->x_stride[0] + h * a->x_stride[1] + v * a->x_stride[2] + first + c;

        if (h < 0 || h >= a->in[0] || v < 0 || v >= a->in[1])
          continue;
        if (mode == FORWARD)
          *out += *weight * *in;
        else if (mode == DATA_GRADIENT)
          *in += *weight * *out;
        else
          *weight += *in * *out;
      }
}

static void
reference (const TlConvArgs *a, Mode mode, double *x, double *w, double *y)
{
  for (int64_t n = 0; n < a->n; n++)
    for (int64_t o = 0; o < a->o; o++)
      for (int64_t i = 0; i < a->out[0]; i++)
        for (int64_t j = 0; j < a->out[1]; j++)
          add_window (a, mode, n, o, i, j, x, w, y);
}

/* Winograd's filtering loses half a digit. */
static double
precision_lost (const TlConvArgs *a)
{
  gboolean may_filter = a->groups == 1 && a->c % 16 == 0 && a->o % 16 == 0 && a->dtype == TL_DTYPE_F32;

  for (int d = 0; d < 2; d++)
    may_filter = may_filter && a->kernel[d] == 3 && a->stride[d] == 1 && a->dilation[d] == 1;
  return may_filter ? 4 : 1;
}

/* Runs @kernel in every order of tiles, expects the same bits, and compares with @expected where @used. */
static void
check (const TlKernel *kernel, const TlConvArgs *args, void **data, int at, Operand *out, const gboolean *used, double terms)
{
  double tolerance = (args->dtype == TL_DTYPE_F32 ? 2e-7 : 8e-16) * (8 + terms) * precision_lost (args);
  size_t n_bytes = out->n * tl_dtype_size (args->dtype);
  void  *first = NULL;

  for (TileOrder order = 0; order < N_TILE_ORDERS; order++) {
    memset (out->data, 0xff, n_bytes);
    data[at] = out->data;
    kernel_call (kernel, args, data, order);
    if (first == NULL)
      first = g_memdup2 (out->data, n_bytes);
    else
      g_assert_cmpmem (out->data, n_bytes, first, n_bytes);
  }
  g_free (first);
  for (size_t i = 0; i < out->n; i++) {
    if (used != NULL && !used[i]) {
      g_assert_true (isnan (element (out, i))); /* what lies between the pixels is not touched */
      continue;
    }
    if (!(fabs (element (out, i) - out->values[i]) <= tolerance))
      g_error ("element %zu: %.9g instead of %.9g, tolerance %g", i, element (out, i), out->values[i], tolerance);
  }
}

static gboolean *
used_elements (size_t size, int64_t n, int64_t c, const int64_t *spatial, const int64_t *stride)
{
  gboolean *used = g_new0 (gboolean, size + 1);

  for (int64_t image = 0; image < n; image++)
    for (int64_t i = 0; i < spatial[0]; i++)
      for (int64_t j = 0; j < spatial[1]; j++)
        for (int64_t k = 0; k < c; k++)
          used[image * stride[0] + i * stride[1] + j * stride[2] + k] = TRUE;
  return used;
}

static void
check_forward (TlConvArgs *args, Operand *x, Operand *w, Operand *bias, size_t n_y)
{
  for (int variant = 0; variant < 3; variant++) {
    Operand   y = operand_new (NULL, args->dtype, n_y);
    gboolean *used = used_elements (n_y, args->n, args->o, args->out, args->y_stride);
    void     *data[] = { x->data, w->data, variant > 0 ? bias->data : NULL, NULL };

    args->has_bias = variant > 0;
    args->activation = variant > 1 ? TL_ACTIVATION_RELU : TL_ACTIVATION_NONE;
    reference (args, FORWARD, x->values, w->values, y.values);
    for (size_t i = 0; i < n_y; i++) {
      if (variant > 0 && used[i])
        y.values[i] += bias->values[i % args->y_stride[2] % MAX (args->o, 1)];
      if (variant > 1)
        y.values[i] = MAX (y.values[i], 0);
    }
    check (&kernels->conv_forward, args, data, 3, &y, used, sqrt (args->c / args->groups * args->kernel[0] * args->kernel[1]) * 16);
    operand_clear (&y);
    g_free (used);
  }
  args->has_bias = 0;
  args->activation = TL_ACTIVATION_NONE;
}

/* All three kernels on one shape, against loops in double; @gap elements lie between the pixels. */
static void
check_shape (const TlConvArgs *shape, int64_t gap)
{
  TlConvArgs args = *shape;
  GRand     *rand = g_rand_new_with_seed (17);
  Operand    x, w, bias, y, dx, dw;
  size_t     n_x, n_y, n_w = args.o * (args.c / args.groups) * args.kernel[0] * args.kernel[1];
  gboolean  *used;

  tl_conv_args_finish (&args);
  if (gap > 0) {
    int64_t *strides[] = { args.x_stride, args.y_stride }, *sizes[] = { args.in, args.out };
    for (int s = 0; s < 2; s++) {
      strides[s][2] += gap;
      strides[s][1] = sizes[s][1] * strides[s][2] + gap;
      strides[s][0] = sizes[s][0] * strides[s][1];
    }
  }
  n_x = args.n * args.x_stride[0], n_y = args.n * args.y_stride[0];
  x = operand_new (rand, args.dtype, n_x), y = operand_new (rand, args.dtype, n_y);
  w = operand_new (rand, args.dtype, n_w), bias = operand_new (rand, args.dtype, args.o);
  dx = operand_new (NULL, args.dtype, n_x), dw = operand_new (NULL, args.dtype, n_w);
  if (gap == 0)
    check_forward (&args, &x, &w, &bias, n_y);
  if (gap > 0) {
    Operand   out = operand_new (NULL, args.dtype, n_y);
    void     *data[] = { x.data, w.data, NULL, NULL };
    gboolean *out_used = used_elements (n_y, args.n, args.o, args.out, args.y_stride);

    reference (&args, FORWARD, x.values, w.values, out.values);
    check (&kernels->conv_forward, &args, data, 3, &out, out_used, 100);
    operand_clear (&out);
    g_free (out_used);
  }

  used = used_elements (n_x, args.n, args.c, args.in, args.x_stride);
  reference (&args, DATA_GRADIENT, dx.values, w.values, y.values);
  check (&kernels->conv_data_gradient, &args, (void *[]){ y.data, w.data, NULL }, 2, &dx, used,
         sqrt (args.o / args.groups * args.kernel[0] * args.kernel[1]) * 16);
  reference (&args, WEIGHT_GRADIENT, x.values, dw.values, y.values);
  check (&kernels->conv_weight_gradient, &args, (void *[]){ x.data, y.data, NULL }, 2, &dw, NULL,
         sqrt (args.n * args.out[0] * args.out[1]) * 16);

  g_free (used);
  operand_clear (&x), operand_clear (&w), operand_clear (&bias), operand_clear (&y), operand_clear (&dx), operand_clear (&dw);
  g_rand_free (rand);
}

static void
for_levels (const TlConvArgs *shape, int64_t gap)
{
  for (TlCpuLevel level = TL_CPU_BASE; level <= TL_CPU_AVX512; level++)
    for (TlDType dtype = TL_DTYPE_F32; dtype <= TL_DTYPE_F64; dtype++) {
      TlConvArgs args = *shape;

      kernels = tl_kernels_get_level (level);
      args.dtype = dtype;
      args.groups = MAX (args.groups, 1);
      for (int d = 0; d < TL_CONV_MAX_SPATIAL; d++) {
        args.stride[d] = MAX (args.stride[d], 1);
        args.dilation[d] = MAX (args.dilation[d], 1);
      }
      if (kernels != NULL)
        check_shape (&args, gap);
    }
}

/* What is not said is 1: stride, dilation, groups; paddings are 0. */
// clang-format off
static const struct {
  const char *name;
  TlConvArgs  args;
  int64_t     gap;
} shapes[] = {
#define SHAPE(n_, c_, o_, h_, w_, ...) { .n = n_, .c = c_, .o = o_, .in = { h_, w_ }, __VA_ARGS__ }
#define K(a, b)    .kernel = { a, b }
#define PAD(a, b)  .pad_low = { a, b }, .pad_high = { a, b }
  { "one-element", SHAPE (1, 1, 1, 1, 1, K (1, 1)) },
  { "empty-batch", SHAPE (0, 3, 5, 7, 7, K (3, 3), PAD (1, 1)) },
  { "empty-output", SHAPE (2, 3, 5, 2, 2, K (3, 3)) },
  { "mnist-1", SHAPE (3, 1, 32, 28, 28, K (3, 3), PAD (1, 1)) },
  { "mnist-2", SHAPE (2, 32, 64, 14, 14, K (3, 3), PAD (1, 1)) },
  { "many-images", SHAPE (37, 3, 6, 5, 4, K (3, 3), PAD (1, 1)) },
  { "rgb-7x7-stride-2", SHAPE (2, 3, 17, 21, 19, K (7, 7), PAD (3, 3), .stride = { 2, 2 }) },
  { "stride-3", SHAPE (2, 5, 7, 13, 11, K (3, 2), PAD (1, 0), .stride = { 3, 3 }) },
  { "stride-beyond-kernel", SHAPE (2, 5, 7, 13, 11, K (2, 1), .stride = { 3, 2 }) },
  { "stride-2-dilation-2", SHAPE (2, 4, 9, 14, 15, K (3, 3), PAD (2, 2), .stride = { 2, 2 }, .dilation = { 2, 2 }) },
  { "stride-2-dilation-3", SHAPE (1, 4, 9, 14, 15, K (3, 3), PAD (2, 3), .stride = { 2, 1 }, .dilation = { 3, 2 }) },
  { "asymmetric", SHAPE (2, 6, 10, 9, 8, K (2, 4), .pad_low = { 0, 3 }, .pad_high = { 2, 1 }) },
  { "cropped", SHAPE (2, 6, 10, 9, 8, K (3, 3), .pad_low = { -1, -2 }, .pad_high = { 0, -1 }) },
  { "wide-pad", SHAPE (1, 2, 3, 3, 3, K (2, 2), PAD (4, 5)) },
  { "groups-2", SHAPE (2, 8, 12, 9, 9, K (3, 3), PAD (1, 1), .groups = 2) },
  { "groups-3-stride-2", SHAPE (2, 9, 6, 9, 10, K (3, 3), PAD (1, 1), .groups = 3, .stride = { 2, 2 }) },
  { "groups-wide", SHAPE (1, 20, 80, 6, 6, K (3, 3), .groups = 2) },
  { "depthwise", SHAPE (2, 37, 37, 9, 8, K (3, 3), PAD (1, 1), .groups = 37) },
  { "depthwise-stride-2", SHAPE (2, 16, 16, 9, 8, K (5, 3), PAD (2, 1), .groups = 16, .stride = { 2, 2 }) },
  { "depthwise-times-2", SHAPE (2, 6, 12, 7, 7, K (3, 3), PAD (1, 1), .groups = 6) },
  { "one-by-one", SHAPE (3, 24, 40, 7, 5, K (1, 1)) },
  { "one-by-one-stride-2", SHAPE (2, 24, 40, 7, 5, K (1, 1), .stride = { 2, 2 }) },
  { "rank-1", SHAPE (3, 5, 11, 1, 50, K (1, 5), PAD (0, 2), .stride = { 1, 2 }) },
  { "line", SHAPE (1, 8, 16, 1, 2600, K (1, 5), PAD (0, 2)) },
  { "line-stride-2", SHAPE (1, 8, 17, 1, 3801, K (1, 5), PAD (0, 3), .stride = { 1, 2 }) },
  { "many-channels", SHAPE (1, 260, 70, 4, 4, K (3, 3), PAD (1, 1)) },
  { "more-than-a-block-of-channels", SHAPE (1, 1030, 5, 3, 2, K (1, 2)) },
  { "power-of-two-channels", SHAPE (2, 256, 33, 5, 6, K (3, 3), PAD (1, 1)) },
  { "power-of-two-in-place", SHAPE (2, 256, 33, 5, 6, K (3, 3)) },
  { "large-image", SHAPE (1, 3, 8, 70, 65, K (3, 3), PAD (1, 1)) },
  { "winograd", SHAPE (3, 16, 48, 13, 15, K (3, 3), PAD (1, 1)) },
  { "winograd-valid", SHAPE (2, 48, 16, 18, 17, K (3, 3)) },
  { "winograd-asymmetric", SHAPE (2, 32, 32, 17, 18, K (3, 3), .pad_low = { 2, 0 }, .pad_high = { 0, 2 }) },
  { "winograd-many-blocks", SHAPE (40, 16, 16, 8, 8, K (3, 3), PAD (1, 1)) },
  { "winograd-many-channels", SHAPE (1, 544, 32, 8, 8, K (3, 3), PAD (1, 1)) },
  { "winograd-gaps", SHAPE (2, 16, 32, 16, 16, K (3, 3), PAD (1, 1)), 3 },
  { "gaps", SHAPE (2, 5, 20, 9, 7, K (3, 3), PAD (1, 1)), 3 },
  { "gaps-in-place", SHAPE (2, 5, 16, 9, 7, K (3, 3), .stride = { 2, 1 }), 3 },
};
// clang-format on

static void
test_shape (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);

#if TESTS_SANITIZED
  const TlConvArgs *args = &shapes[i].args;

  if (args->n * args->c * args->o * args->in[0] * args->in[1] * args->kernel[0] * args->kernel[1] > 5000000) {
    g_test_skip ("too large for sanitizers: minutes; the same kernels run over the smaller shapes, and the release build runs this one");
    return;
  }
#endif
  for_levels (&shapes[i].args, shapes[i].gap);
}

static void
test_out_size (void)
{
  g_assert_cmpint (tl_conv_out_size (28, 3, 1, 1, 1, 1), ==, 28);
  g_assert_cmpint (tl_conv_out_size (7, 3, 2, 2, 0, 1), ==, 2);
  g_assert_cmpint (tl_conv_out_size (2, 3, 1, 1, 0, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/conv/out-size", test_out_size);
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autofree char *path = g_strdup_printf ("/kernels/conv/%s", shapes[i].name);
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_shape);
  }
  return g_test_run ();
}
