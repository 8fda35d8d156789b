/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reductions over kept and reduced axes, against loops in double.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/reduce.h"

typedef struct {
  const char *name;
  unsigned    n_kept, n_reduced;
  gint64      kept[3], kept_strides[3];
  gint64      reduced[3], reduced_strides[3];
} Layout;

// clang-format off
static const Layout layouts[] = {
  { "one element",   0, 0, { 0 }, { 0 }, { 0 }, { 0 } },
  { "all",           0, 1, { 0 }, { 0 }, { 9001 }, { 1 } },
  { "all, 3 axes",   0, 3, { 0 }, { 0 }, { 7, 30, 61 }, { 1830, 61, 1 } },
  { "long",          0, 1, { 0 }, { 0 }, { 150000 }, { 1 } },
  { "rows",          1, 1, { 37 }, { 211 }, { 211 }, { 1 } },
  { "long rows",     1, 1, { 3 }, { 5000 }, { 5000 }, { 1 } },
  { "columns",       1, 1, { 1100 }, { 1 }, { 90 }, { 1100 } },
  { "bias",          1, 1, { 10 }, { 1 }, { 3001 }, { 10 } },
  { "one column",    1, 1, { 1 }, { 1 }, { 777 }, { 1 } },
  { "long columns",  1, 1, { 70 }, { 1 }, { 1500 }, { 70 } },
  { "nchw channels", 1, 2, { 5 }, { 143 }, { 6, 143 }, { 715, 1 } },
  { "nhwc channels", 1, 2, { 12 }, { 1 }, { 9, 50 }, { 700, 12 } },
  { "middle axis",   2, 1, { 4, 33 }, { 1000, 1 }, { 17 }, { 50 } },
  { "strided",       1, 1, { 8 }, { 3 }, { 300 }, { 30 } },
  { "keep all",      1, 0, { 99 }, { 1 }, { 0 }, { 0 } },
  { "no elements",   1, 1, { 6 }, { 1 }, { 0 }, { 6 } },
  { "no outputs",    1, 1, { 0 }, { 1 }, { 6 }, { 1 } },
};
// clang-format on

#define ROOM 160000

static gint64
offset_of (unsigned rank, const gint64 *shape, const gint64 *strides, gint64 index)
{
  gint64 offset = 0;

  for (unsigned d = rank; d-- > 0;) {
    offset += index % shape[d] * strides[d];
    index /= shape[d];
  }
  return offset;
}

static gint64
size_of (unsigned rank, const gint64 *shape)
{
  gint64 n = 1;

  for (unsigned d = 0; d < rank; d++)
    n *= shape[d];
  return n;
}

static double
reference (TlReduceOp op, TlDType dtype, const void *x, const Layout *l, gint64 start)
{
  gint64 n = size_of (l->n_reduced, l->reduced), at = 0;
  double sum = 0, product = 1, low = dtype <= TL_DTYPE_F64 ? INFINITY : 0, high = dtype <= TL_DTYPE_F64 ? -INFINITY : 0;
  double any = 0, all = 1, best = 0, exps = 0;

  for (gint64 i = 0; i < n; i++) {
    double v = get_element (dtype, x, start + offset_of (l->n_reduced, l->reduced, l->reduced_strides, i));
    int    better = op == TL_REDUCE_ARGMIN ? v < best : v > best;

    sum += v;
    product *= v;
    low = i == 0 || v < low ? v : low;
    high = i == 0 || v > high ? v : high;
    any = any || v != 0;
    all = all && v != 0;
    exps += exp (v);
    if (i == 0 || better) {
      best = v;
      at = i;
    }
  }
  switch (op) {
  case TL_REDUCE_SUM:
    return sum;
  case TL_REDUCE_MEAN:
    return sum / (double)n;
  case TL_REDUCE_PROD:
    return product;
  case TL_REDUCE_MIN:
    return low;
  case TL_REDUCE_MAX:
    return high;
  case TL_REDUCE_ANY:
    return any;
  case TL_REDUCE_ALL:
    return all;
  case TL_REDUCE_LOGSUMEXP:
    return log (exps);
  default:
    return (double)at;
  }
}

static void
check_one (const TlKernels *kernels, TlReduceOp op, TlDType dtype, const Layout *l)
{
  TlReduceArgs args = { .dtype = dtype, .op = op, .n_kept = l->n_kept, .n_reduced = l->n_reduced };
  TlDType      out_dtype = tl_reduce_out_dtype (op, dtype);
  gint64       n_kept = size_of (l->n_kept, l->kept), n_reduced = size_of (l->n_reduced, l->reduced), stride = 2;
  gsize        out_size = (gsize)(n_kept * 2 + 2) * tl_dtype_size (out_dtype);
  int          is_float = dtype <= TL_DTYPE_F64;
  double       low = op == TL_REDUCE_PROD ? 0.999 : is_float ? -1
                                                             : 0;
  double       high = op == TL_REDUCE_PROD ? 1.001 : is_float ? 1
                                                              : 3;
  void        *x = random_elements (dtype, ROOM, low, dtype == TL_DTYPE_BOOL ? 2 : high, op + 5), *y = guarded_new (out_size), *z = guarded_new (out_size);

  if (n_reduced == 0 && op >= TL_REDUCE_MIN)
    goto out; /* identities, or nothing to ask for */
  for (unsigned d = l->n_kept; d-- > 0;) {
    args.kept_shape[d] = l->kept[d];
    args.kept_in_strides[d] = l->kept_strides[d];
    args.kept_out_strides[d] = stride;
    stride *= l->kept[d];
  }
  for (unsigned d = 0; d < l->n_reduced; d++) {
    args.reduced_shape[d] = l->reduced[d];
    args.reduced_strides[d] = l->reduced_strides[d];
  }
  run_kernel (&kernels->reduce, &args, (void *const[]){ x, y }, RUN_FORWARDS);
  run_kernel (&kernels->reduce, &args, (void *const[]){ x, z }, RUN_BACKWARDS);
  g_assert_cmpmem (y, out_size, z, out_size);
  for (gint64 k = 0; k < n_kept; k++) {
    double want = reference (op, dtype, x, l, offset_of (l->n_kept, l->kept, l->kept_strides, k));
    double got = get_element (out_dtype, y, offset_of (l->n_kept, l->kept, args.kept_out_strides, k));
    /* Pairwise sums: the error grows like the logarithm; terms are below 1, so 1e-7 sqrt n covers it widely. */
    double bound = tolerance (dtype, 2e-7, 1e-15) * (4 + sqrt ((double)n_reduced)) * (op == TL_REDUCE_PROD ? 20 : 1);

    assert_near (got, want, is_float && (op <= TL_REDUCE_PROD || op == TL_REDUCE_LOGSUMEXP) ? bound : 0, l->name, k);
  }
out:
  guarded_free (x, ROOM * tl_dtype_size (dtype));
  guarded_free (y, out_size);
  guarded_free (z, out_size);
}

static void
test_layouts (void)
{
  const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I32, TL_DTYPE_I64, TL_DTYPE_U8, TL_DTYPE_BOOL };

  for (int level = 0; level < TL_N_CPU_LEVELS; level++) {
    if (!tl_kernels_get_level (level))
      continue;
    for (gsize t = 0; t < G_N_ELEMENTS (dtypes); t++)
      for (TlReduceOp op = 0; op <= TL_REDUCE_LOGSUMEXP; op++) {
        if (dtypes[t] > TL_DTYPE_F64 && (op == TL_REDUCE_MEAN || op == TL_REDUCE_PROD || op == TL_REDUCE_LOGSUMEXP))
          continue;
        for (gsize l = 0; l < G_N_ELEMENTS (layouts); l++)
          check_one (tl_kernels_get_level (level), op, dtypes[t], &layouts[l]);
      }
  }
}

static double
reduce_all (const TlKernels *kernels, TlReduceOp op, TlDType dtype, const void *x, gint64 n)
{
  TlReduceArgs args = { .dtype = dtype, .op = op, .n_reduced = 1, .reduced_shape = { n }, .reduced_strides = { 1 } };
  double       y[1];

  run_kernel (&kernels->reduce, &args, (void *const[]){ (void *)x, y }, RUN_FORWARDS);
  return get_element (tl_reduce_out_dtype (op, dtype), y, 0);
}

static void
check_special (const TlKernels *kernels, TlDType dtype)
{
  enum { N = 9000 };
  void *x = random_elements (dtype, N, -1, 1, 3);

  set_element (dtype, x, 5000, 7);
  set_element (dtype, x, 8999, 7);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_ARGMAX, dtype, x, N), ==, 5000);
  set_element (dtype, x, 4200, NAN);
  set_element (dtype, x, 8000, NAN);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_ARGMAX, dtype, x, N), ==, 4200);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_ARGMIN, dtype, x, N), ==, 4200);
  g_assert_true (isnan (reduce_all (kernels, TL_REDUCE_MAX, dtype, x, N)));
  g_assert_true (isnan (reduce_all (kernels, TL_REDUCE_MIN, dtype, x, N)));
  g_assert_true (isnan (reduce_all (kernels, TL_REDUCE_SUM, dtype, x, N)));
  g_assert_true (isnan (reduce_all (kernels, TL_REDUCE_LOGSUMEXP, dtype, x, N)));
  for (int i = 0; i < N; i++)
    set_element (dtype, x, i, -INFINITY);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_LOGSUMEXP, dtype, x, N), ==, -INFINITY);
  set_element (dtype, x, 17, 1000);
  set_element (dtype, x, 8017, 1000);
  assert_near (reduce_all (kernels, TL_REDUCE_LOGSUMEXP, dtype, x, N), 1000 + log (2), 1e-7, "logsumexp", 0);
  set_element (dtype, x, 17, INFINITY);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_LOGSUMEXP, dtype, x, N), ==, INFINITY);
  g_assert_true (isnan (reduce_all (kernels, TL_REDUCE_MEAN, dtype, x, 0)));
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_SUM, dtype, x, 0), ==, 0);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_PROD, dtype, x, 0), ==, 1);
  g_assert_cmpfloat (reduce_all (kernels, TL_REDUCE_ALL, dtype, x, 0), ==, 1);
  guarded_free (x, N * tl_dtype_size (dtype));
}

static void
test_special (void)
{
  each_level_and_float (check_special);
}

/* A million equal terms: a plain f32 loop would be off by per cents. */
static void
check_accuracy (const TlKernels *kernels, TlDType dtype)
{
  gsize  n = 1 << 20;
  void  *x = guarded_new (n * tl_dtype_size (dtype));
  double term = dtype == TL_DTYPE_F32 ? 0.1f : 0.1;

  for (gsize i = 0; i < n; i++)
    set_element (dtype, x, (gint64)i, 0.1);
  assert_near (reduce_all (kernels, TL_REDUCE_SUM, dtype, x, (gint64)n) / (double)n, term, tolerance (dtype, 1e-6, 5e-15) * 0.1, "sum", 0);
  guarded_free (x, n * tl_dtype_size (dtype));
}

static void
test_accuracy (void)
{
  each_level_and_float (check_accuracy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/reduce/layouts", test_layouts);
  g_test_add_func ("/kernels/reduce/special", test_special);
  g_test_add_func ("/kernels/reduce/accuracy", test_accuracy);
  return g_test_run ();
}
