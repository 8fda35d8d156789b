/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Layer and batch normalisation against their formulas in double, on channels-last and channels-first memory.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/norm.h"

static void
check_layer_norm_case (const TlKernels *kernels, TlDType dtype, gint64 rows, gint64 cols, int affine)
{
  TlLayerNormArgs args = { .dtype = dtype, .rows = rows, .cols = cols, .x_stride = cols + 2, .y_stride = cols, .dx_stride = cols + 1, .eps = 1e-5 };
  gsize           size = tl_dtype_size (dtype), n = (gsize)(rows * (cols + 2)), bytes = n * size;
  void           *x = random_elements (dtype, n, 90, 110, 1), *dy = random_elements (dtype, n, -1, 1, 2);
  void           *gamma = affine ? random_elements (dtype, cols, 0.5, 2, 3) : NULL, *beta = affine ? random_elements (dtype, cols, -1, 1, 4) : NULL;
  void           *y = guarded_new (bytes), *dx = guarded_new (bytes), *mean = guarded_new (rows * size), *rstd = guarded_new (rows * size);
  void           *dgamma = guarded_new (cols * size), *dbeta = guarded_new (cols * size);
  double         *want_dgamma = g_new0 (double, cols), *want_dbeta = g_new0 (double, cols), bound = tolerance (dtype, 1e-4, 1e-12);

  run_kernel (&kernels->layer_norm_forward, &args, (void *const[]){ x, gamma, beta, y, mean, rstd }, RUN_FORWARDS);
  run_kernel (&kernels->layer_norm_backward, &args, (void *const[]){ dy, x, mean, rstd, gamma, dx, dgamma, dbeta }, RUN_BACKWARDS);
  for (gint64 r = 0; r < rows; r++) {
    double m = 0, v = 0, s, s1 = 0, s2 = 0;

#define AT(a, stride, c) get_element (dtype, a, r *(stride) + (c))
    for (gint64 c = 0; c < cols; c++)
      m += AT (x, cols + 2, c) / (double)cols;
    for (gint64 c = 0; c < cols; c++)
      v += pow (AT (x, cols + 2, c) - m, 2) / (double)cols;
    s = 1 / sqrt (v + 1e-5);
    assert_near (get_element (dtype, mean, r), m, bound, "mean", r);
    assert_near (get_element (dtype, rstd, r), s, bound, "rstd", r);
    for (gint64 c = 0; c < cols; c++) {
      double hat = (AT (x, cols + 2, c) - m) * s, g = affine ? get_element (dtype, gamma, c) : 1;

      assert_near (AT (y, cols, c), hat * g + (affine ? get_element (dtype, beta, c) : 0), bound, "y", c);
      s1 += AT (dy, cols, c) * g / (double)cols;
      s2 += AT (dy, cols, c) * g * hat / (double)cols;
      want_dgamma[c] += AT (dy, cols, c) * hat;
      want_dbeta[c] += AT (dy, cols, c);
    }
    for (gint64 c = 0; c < cols; c++) {
      double hat = (AT (x, cols + 2, c) - m) * s, g = affine ? get_element (dtype, gamma, c) : 1;

      assert_near (AT (dx, cols + 1, c), s * (AT (dy, cols, c) * g - s1 - hat * s2), bound * fmax (1, s), "dx", c);
    }
  }
  for (gint64 c = 0; c < cols; c++) {
    assert_near (get_element (dtype, dgamma, c), want_dgamma[c], bound * 10, "dgamma", c);
    assert_near (get_element (dtype, dbeta, c), want_dbeta[c], bound * 10, "dbeta", c);
  }
  guarded_free (x, bytes);
  guarded_free (dy, bytes);
  if (affine) {
    guarded_free (gamma, cols * size);
    guarded_free (beta, cols * size);
  }
  guarded_free (y, bytes);
  guarded_free (dx, bytes);
  guarded_free (mean, rows * size);
  guarded_free (rstd, rows * size);
  guarded_free (dgamma, cols * size);
  guarded_free (dbeta, cols * size);
  g_free (want_dgamma);
  g_free (want_dbeta);
}

static void
check_layer_norm (const TlKernels *kernels, TlDType dtype)
{
  const gint64 sizes[][2] = { { 1, 5 }, { 130, 384 }, { 3, 5000 }, { 900, 33 }, { 0, 4 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int affine = 0; affine < 2; affine++)
      check_layer_norm_case (kernels, dtype, sizes[i][0], sizes[i][1], affine);
}

typedef struct {
  gint64 n, c, s;
  int    channels_last;
} Shape;

static gint64
at (const Shape *shape, gint64 n, gint64 c, gint64 s)
{
  return shape->channels_last ? (n * shape->s + s) * shape->c + c : (n * shape->c + c) * shape->s + s;
}

static void
check_batch_norm_case (const TlKernels *kernels, TlDType dtype, const Shape *shape, int inference)
{
  gint64          n_c = shape->channels_last ? 1 : shape->s, n_s = shape->channels_last ? shape->c : 1, n_n = shape->c * shape->s;
  TlBatchNormArgs args = { .dtype = dtype, .inference = inference, .n = shape->n, .c = shape->c, .s = shape->s, .x_n = n_n, .x_c = n_c, .x_s = n_s, .y_n = n_n, .y_c = n_c, .y_s = n_s, .dx_n = n_n, .dx_c = n_c, .dx_s = n_s, .eps = 1e-3 };
  gsize           size = tl_dtype_size (dtype), n = (gsize)(n_n * shape->n), bytes = n * size, channel = (gsize)shape->c * size;
  void           *x = random_elements (dtype, n, 9, 13, 1), *dy = random_elements (dtype, n, -1, 1, 2), *y = guarded_new (bytes);
  void           *gamma = random_elements (dtype, shape->c, 0.5, 2, 3), *beta = random_elements (dtype, shape->c, -1, 1, 4);
  void           *mean = guarded_new (channel), *var = guarded_new (channel), *invstd = guarded_new (channel), *again = guarded_new (bytes);
  void           *dx = guarded_new (bytes), *dgamma = guarded_new (channel), *dbeta = guarded_new (channel);
  double          m = (double)(shape->n * shape->s), bound = tolerance (dtype, 5e-5, 1e-12);

  run_kernel (&kernels->batch_norm_forward, &args, (void *const[]){ x, gamma, beta, y, mean, var, invstd }, RUN_FORWARDS);
  run_kernel (&kernels->batch_norm_infer, &args, (void *const[]){ x, gamma, beta, mean, var, again }, RUN_BACKWARDS);
  run_kernel (&kernels->batch_norm_backward, &args, (void *const[]){ dy, x, mean, invstd, gamma, dx, dgamma, dbeta }, RUN_BACKWARDS);
  for (gint64 c = 0; c < shape->c; c++) {
    double mu = 0, v = 0, s, sum = 0, dot = 0, g = get_element (dtype, gamma, c);

#define EACH_ELEMENT                               \
  for (gint64 i = 0; i < shape->n * shape->s; i++) \
    for (gint64 k = at (shape, i / shape->s, c, i % shape->s), once = 1; once; once = 0)
    EACH_ELEMENT mu += get_element (dtype, x, k) / m;
    EACH_ELEMENT v += pow (get_element (dtype, x, k) - mu, 2) / m;
    s = 1 / sqrt (v + 1e-3);
    assert_near (get_element (dtype, mean, c), mu, bound, "mean", c);
    assert_near (get_element (dtype, var, c), v, bound, "var", c);
    EACH_ELEMENT
    {
      double hat = (get_element (dtype, x, k) - mu) * s, d = get_element (dtype, dy, k);

      assert_near (get_element (dtype, y, k), hat * g + get_element (dtype, beta, c), bound, "y", k);
      assert_near (get_element (dtype, again, k), hat * g + get_element (dtype, beta, c), bound, "infer", k);
      sum += d;
      dot += d * hat;
    }
    assert_near (get_element (dtype, dgamma, c), dot, bound, "dgamma", c);
    assert_near (get_element (dtype, dbeta, c), sum, bound, "dbeta", c);
    EACH_ELEMENT
    {
      double hat = (get_element (dtype, x, k) - mu) * s, d = get_element (dtype, dy, k);

      assert_near (get_element (dtype, dx, k), g * s * (inference ? d : d - sum / m - hat * dot / m), bound * fmax (1, s), "dx", k);
    }
  }
  guarded_free (x, bytes);
  guarded_free (dy, bytes);
  guarded_free (y, bytes);
  guarded_free (gamma, channel);
  guarded_free (beta, channel);
  guarded_free (mean, channel);
  guarded_free (var, channel);
  guarded_free (invstd, channel);
  guarded_free (again, bytes);
  guarded_free (dx, bytes);
  guarded_free (dgamma, channel);
  guarded_free (dbeta, channel);
}

static void
check_batch_norm (const TlKernels *kernels, TlDType dtype)
{
  const Shape shapes[] = { { 4, 32, 49, 1 }, { 4, 32, 49, 0 }, { 70, 3, 25, 1 }, { 70, 3, 25, 0 }, { 6, 17, 900, 1 }, { 3, 2, 30000, 0 }, { 2, 300, 1, 1 }, { 700, 20, 1, 0 }, { 1, 9, 2, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    check_batch_norm_case (kernels, dtype, &shapes[i], 0);
    check_batch_norm_case (kernels, dtype, &shapes[i], 1);
  }
}

static void
test_layer_norm (void)
{
  each_level_and_float (check_layer_norm);
}

static void
test_batch_norm (void)
{
  each_level_and_float (check_batch_norm);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/norm/layer", test_layer_norm);
  g_test_add_func ("/kernels/norm/batch", test_batch_norm);
  return g_test_run ();
}
