/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Softmax, log-softmax and cross entropy against their definitions in double; gradients of cross entropy against differences.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/index.h"
#include "core/kernels/softmax.h"

static const gint64 sizes[][2] = { { 1, 1 }, { 5, 10 }, { 3, 33 }, { 70, 1000 }, { 2, 9001 }, { 0, 7 }, { 600, 64 } };

static void
check_softmax (const TlKernels *kernels, TlDType dtype)
{
  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++) {
    gint64        rows = sizes[s][0], cols = sizes[s][1];
    TlSoftmaxArgs args = { .dtype = dtype, .rows = rows, .cols = cols, .stride = { cols + 3, cols, cols + 1 } };
    gsize         n = (gsize)(rows * (cols + 3)), bytes = n * tl_dtype_size (dtype);
    void         *x = random_elements (dtype, n, -8, 8, s), *dy = random_elements (dtype, n, -1, 1, s + 40);
    void         *y = guarded_new (bytes), *ly = guarded_new (bytes), *dx = guarded_new (bytes), *ldx = guarded_new (bytes);
    double        bound = tolerance (dtype, 3e-6, 1e-14);

    run_kernel (&kernels->softmax_forward, &args, (void *const[]){ x, y }, s & 1);
    run_kernel (&kernels->log_softmax_forward, &args, (void *const[]){ x, ly }, s & 1);
    args.stride[0] = cols; /* y of the gradient; dy has args.stride[1], dx stride[2] */
    run_kernel (&kernels->softmax_backward, &args, (void *const[]){ y, dy, dx }, s & 1);
    run_kernel (&kernels->log_softmax_backward, &args, (void *const[]){ ly, dy, ldx }, s & 1);
    for (gint64 r = 0; r < rows; r++) {
      double sum = 0, dot = 0, dsum = 0;

      for (gint64 c = 0; c < cols; c++)
        sum += exp (get_element (dtype, x, r * (cols + 3) + c));
      for (gint64 c = 0; c < cols; c++) {
        double p = exp (get_element (dtype, x, r * (cols + 3) + c)) / sum, d = get_element (dtype, dy, r * cols + c);

        dot += p * d;
        dsum += d;
        assert_near (get_element (dtype, y, r * cols + c), p, bound, "softmax", c);
        assert_near (get_element (dtype, ly, r * cols + c), log (p), bound, "log_softmax", c);
      }
      for (gint64 c = 0; c < cols; c++) {
        double p = exp (get_element (dtype, x, r * (cols + 3) + c)) / sum, d = get_element (dtype, dy, r * cols + c);

        assert_near (get_element (dtype, dx, r * (cols + 1) + c), p * (d - dot), bound, "softmax gradient", c);
        assert_near (get_element (dtype, ldx, r * (cols + 1) + c), d - p * dsum, bound * 10, "log_softmax gradient", c);
      }
    }
    args.stride[0] = cols + 3; /* in place: the rows of x */
    args.stride[1] = cols + 3;
    run_kernel (&kernels->softmax_forward, &args, (void *const[]){ x, x }, RUN_FORWARDS);
    for (gint64 r = 0; r < rows; r++)
      g_assert_cmpmem ((guint8 *)x + r * (cols + 3) * tl_dtype_size (dtype), cols * tl_dtype_size (dtype),
                       (guint8 *)y + r * cols * tl_dtype_size (dtype), cols * tl_dtype_size (dtype));
    guarded_free (x, bytes);
    guarded_free (dy, bytes);
    guarded_free (y, bytes);
    guarded_free (ly, bytes);
    guarded_free (dx, bytes);
    guarded_free (ldx, bytes);
  }
}

typedef struct {
  const TlCrossEntropyArgs *args;
  TlDType                   dtype;
  const void               *x, *targets, *weights;
} Case;

static double
weight_of (const Case *c, gint64 i)
{
  return c->weights ? get_element (c->dtype, c->weights, i) : 1;
}

static double
row_loss (const Case *k, gint64 r, gint64 moved, double by)
{
  gint64 cols = k->args->cols, target = (gint64)get_element (k->args->target_dtype, k->targets, r);
  double sum = 0, s = k->args->label_smoothing, loss = 0;

  if (target == k->args->ignore_index)
    return 0;
  for (gint64 c = 0; c < cols; c++)
    sum += exp (get_element (k->dtype, k->x, r * k->args->x_stride + c) + (c == moved ? by : 0));
  for (gint64 c = 0; c < cols; c++) {
    double x = get_element (k->dtype, k->x, r * k->args->x_stride + c) + (c == moved ? by : 0);

    loss -= ((c == target ? (1 - s) * weight_of (k, c) : 0) + s / (double)cols * weight_of (k, c)) * (x - log (sum));
  }
  return loss;
}

static void
check_cross_entropy_case (const TlKernels *kernels, TlDType dtype, gint64 rows, gint64 cols, TlDType target_dtype, TlLossReduction reduction, double smoothing, int weighted)
{
  TlCrossEntropyArgs args = { .dtype = dtype, .target_dtype = target_dtype, .reduction = reduction, .rows = rows, .cols = cols, .x_stride = cols + 1, .dx_stride = cols, .target_stride = 1, .dloss_stride = 1, .ignore_index = 2, .label_smoothing = smoothing };
  gsize              size = tl_dtype_size (dtype), n = (gsize)(rows * (cols + 1));
  void              *x = random_elements (dtype, n, -4, 4, 9), *targets = random_elements (target_dtype, rows, 0, (double)cols, 4);
  void              *weights = weighted ? random_elements (dtype, cols, 0.5, 2, 5) : NULL, *dloss = random_elements (dtype, rows + 1, 0.5, 2, 6);
  void              *loss = guarded_new (size), *losses = guarded_new (rows * size), *total = guarded_new (size), *dx = guarded_new (n * size);
  Case               k = { &args, dtype, x, targets, weights };
  TlIndexError       error = { 0 };
  double             sum = 0, weight_sum = 0, bound = tolerance (dtype, 1e-5, 1e-13), scale;

  run_kernel (&kernels->cross_entropy_forward, &args, (void *const[]){ x, targets, weights, losses, loss, total, &error }, RUN_BACKWARDS);
  run_kernel (&kernels->cross_entropy_backward, &args, (void *const[]){ x, targets, weights, dloss, total, dx }, RUN_FORWARDS);
  g_assert_cmpint (error.is_set, ==, 0);
  for (gint64 r = 0; r < rows; r++) {
    double want = row_loss (&k, r, -1, 0);
    gint64 target = (gint64)get_element (target_dtype, targets, r);

    assert_near (get_element (dtype, losses, r), want, bound, "row loss", r);
    sum += want;
    weight_sum += target == args.ignore_index ? 0 : weight_of (&k, target);
  }
  assert_near (get_element (dtype, total, 0), weight_sum, bound, "weight sum", 0);
  assert_near (get_element (dtype, loss, 0), reduction == TL_LOSS_MEAN ? sum / weight_sum : sum, bound, "loss", 0);
  for (gint64 r = 0; r < rows; r += 1 + rows / 9)
    for (gint64 c = 0; c < cols; c += 1 + cols / 20) {
      double want = (row_loss (&k, r, c, 1e-5) - row_loss (&k, r, c, -1e-5)) / 2e-5;

      scale = get_element (dtype, dloss, reduction == TL_LOSS_NONE ? r : 0);
      assert_near (get_element (dtype, dx, r * cols + c), want * scale / (reduction == TL_LOSS_MEAN ? weight_sum : 1),
                   tolerance (dtype, 1e-5, 1e-8), "gradient", r);
    }
  guarded_free (x, n * size);
  guarded_free (targets, rows * tl_dtype_size (target_dtype));
  if (weights)
    guarded_free (weights, cols * size);
  guarded_free (dloss, (rows + 1) * size);
  guarded_free (loss, size);
  guarded_free (losses, rows * size);
  guarded_free (total, size);
  guarded_free (dx, n * size);
}

static void
check_cross_entropy (const TlKernels *kernels, TlDType dtype)
{
  const TlDType targets[] = { TL_DTYPE_I64, TL_DTYPE_I32, TL_DTYPE_U8 };

  for (TlLossReduction reduction = TL_LOSS_NONE; reduction <= TL_LOSS_SUM; reduction++)
    for (int variant = 0; variant < 4; variant++) {
      check_cross_entropy_case (kernels, dtype, 64, 10, targets[variant % 3], reduction, variant & 1 ? 0.1 : 0, variant & 2);
      check_cross_entropy_case (kernels, dtype, 5000, 10, targets[variant % 3], reduction, variant & 1 ? 0.1 : 0, variant & 2);
      check_cross_entropy_case (kernels, dtype, 40, 1003, TL_DTYPE_I64, reduction, variant & 1 ? 0.1 : 0, variant & 2);
    }
}

/* Wrong targets spoil their row and are told, nothing else. */
static void
check_bad_targets (const TlKernels *kernels, TlDType dtype)
{
  TlCrossEntropyArgs args = { .dtype = dtype, .target_dtype = TL_DTYPE_I64, .reduction = TL_LOSS_NONE, .rows = 4, .cols = 5, .x_stride = 5, .dx_stride = 5, .target_stride = 1, .ignore_index = -100, .label_smoothing = 0.1 };
  gint64             targets[4] = { 1, 5, -1, G_MAXINT64 };
  double             losses[4], dx[20], dloss[1];
  void              *x = random_elements (dtype, 20, -1, 1, 2);
  TlIndexError       error = { 0 };

  set_element (dtype, dloss, 0, 1);
  run_kernel (&kernels->cross_entropy_forward, &args, (void *const[]){ x, targets, NULL, losses, NULL, NULL, &error }, RUN_FORWARDS);
  run_kernel (&kernels->cross_entropy_forward, &args, (void *const[]){ x, targets, NULL, losses, NULL, NULL, NULL }, RUN_FORWARDS);
  run_kernel (&kernels->cross_entropy_backward, &args, (void *const[]){ x, targets, NULL, dloss, NULL, dx }, RUN_FORWARDS);
  g_assert_cmpint (error.is_set, ==, 1);
  g_assert_cmpint (error.at, ==, 1);
  g_assert_cmpint (error.index, ==, 5);
  g_assert_cmpint (error.size, ==, 5);
  for (int r = 0; r < 4; r++) {
    g_assert_cmpint (isnan (get_element (dtype, losses, r)), ==, r > 0);
    for (int c = 0; c < 5; c++)
      g_assert_cmpint (isnan (get_element (dtype, dx, r * 5 + c)), ==, r > 0);
  }
  guarded_free (x, 20 * tl_dtype_size (dtype));
}

#define EACH(name)                       \
  static void test_##name (void)         \
  {                                      \
    each_level_and_float (check_##name); \
  }
EACH (softmax)
EACH (cross_entropy)
EACH (bad_targets)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/softmax/rows", test_softmax);
  g_test_add_func ("/kernels/softmax/cross-entropy", test_cross_entropy);
  g_test_add_func ("/kernels/softmax/bad-targets", test_bad_targets);
  return g_test_run ();
}
