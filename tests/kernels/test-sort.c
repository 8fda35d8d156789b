/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sorting against what sorted means: order, stability, every element once.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/sort.h"

static const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I64, TL_DTYPE_I32, TL_DTYPE_I8, TL_DTYPE_U8 };

/* NaN last. */
static int
order (double a, double b)
{
  if (isnan (a) || isnan (b))
    return isnan (a) - isnan (b);
  return (a > b) - (a < b);
}

static void
check (TlDType dtype, int descending, gint64 rows, gint64 n, double limit)
{
  TlSortArgs         args = { dtype, descending, rows, n };
  gsize              count = (gsize)(rows * n), size = tl_dtype_size (dtype);
  void              *x = random_elements (dtype, count, dtype == TL_DTYPE_U8 ? 0 : -limit, limit, (guint64)n);
  void              *y = guarded_new (count * size), *z = guarded_new (count * size);
  gint64            *at = (gint64 *)guarded_new (count * 8), *at2 = (gint64 *)guarded_new (count * 8);
  g_autofree guint8 *seen = g_malloc0 (count + 1);

  for (gsize i = 0; dtype <= TL_DTYPE_F64 && i < count; i += 37)
    set_element (dtype, x, (gint64)i, i % 2 != 0 ? NAN : i % 3 == 0 ? -0.0
                                                                    : INFINITY);
  run_kernel (&tl_sort_kernel, &args, (void *const[]){ x, y, at }, RUN_FORWARDS);
  run_kernel (&tl_sort_kernel, &args, (void *const[]){ x, z, at2 }, RUN_BACKWARDS);
  g_assert_cmpmem (y, count * size, z, count * size);
  g_assert_cmpmem (at, count * 8, at2, count * 8);
  for (gint64 i = 0; i < (gint64)count; i++) {
    gint64 row = i / n * n;

    g_assert_true (at[i] >= 0 && at[i] < n && !seen[row + at[i]]);
    seen[row + at[i]] = 1;
    g_assert_cmpmem ((guint8 *)y + (gsize)i * size, size, (guint8 *)x + (gsize)(row + at[i]) * size, size);
    if (i > row) {
      int o = order (get_element (dtype, y, i - 1), get_element (dtype, y, i));

      g_assert_cmpint (descending ? -o : o, <=, 0);
      g_assert_true (o != 0 || at[i - 1] < at[i]);
    }
  }
  guarded_free (x, count * size);
  guarded_free (y, count * size);
  guarded_free (z, count * size);
  guarded_free ((guint8 *)at, count * 8);
  guarded_free ((guint8 *)at2, count * 8);
}

/* A part is what sorting gives there. */
static void
check_part (TlDType dtype, gint64 rows, gint64 n, gint64 first, gint64 part, double limit)
{
  TlSelectArgs args = { { dtype, n % 2, rows, n }, first, part };
  gsize        count = (gsize)(rows * n), size = tl_dtype_size (dtype), some = (gsize)(rows * part);
  void        *x = random_elements (dtype, count, dtype == TL_DTYPE_U8 ? 0 : -limit, limit, (guint64)n);
  void        *y = guarded_new (count * size), *z = guarded_new (some * size);
  gint64      *at = (gint64 *)guarded_new (count * 8), *at2 = (gint64 *)guarded_new (some * 8);

  for (gsize i = 0; dtype <= TL_DTYPE_F64 && i < count; i += 37)
    set_element (dtype, x, (gint64)i, i % 2 != 0 ? NAN : i % 3 == 0 ? -0.0
                                                                    : INFINITY);
  run_kernel (&tl_sort_kernel, &args.sort, (void *const[]){ x, y, at }, RUN_FORWARDS);
  run_kernel (&tl_select_kernel, &args, (void *const[]){ x, z, at2 }, RUN_BACKWARDS);
  for (gint64 r = 0; r < rows; r++) {
    g_assert_cmpmem ((guint8 *)y + (gsize)(r * n + first) * size, (gsize)part * size, (guint8 *)z + (gsize)(r * part) * size, (gsize)part * size);
    g_assert_cmpmem (at + r * n + first, (gsize)part * 8, at2 + r * part, (gsize)part * 8);
  }
  guarded_free (x, count * size);
  guarded_free (y, count * size);
  guarded_free (z, some * size);
  guarded_free ((guint8 *)at, count * 8);
  guarded_free ((guint8 *)at2, some * 8);
}

/* Few elements and many, equal ones and different, in the middle and at the ends, in one bucket and across buckets. */
static void
test_parts (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++) {
    check_part (dtypes[t], 3, 7, 2, 1, 20);
    check_part (dtypes[t], 2, 1000, 0, 3, 100);
    check_part (dtypes[t], 2, 1000, 500, 2, 1e-3);
    check_part (dtypes[t], 2, 1001, 400, 301, 2);
    check_part (dtypes[t], 1, 1001, 0, 1001, 100);
    check_part (dtypes[t], 1, TL_SORT_BLOCK + 9, TL_SORT_BLOCK + 8, 1, 3);
    check_part (dtypes[t], 1, TL_SORT_BLOCK + 9, TL_SORT_BLOCK / 2, 9, 100);
  }
}

static void
test_rows (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++)
    for (int descending = 0; descending < 2; descending++) {
      check (dtypes[t], descending, 5, 1, 20);
      check (dtypes[t], descending, 7, 20, 20);
      check (dtypes[t], descending, 3, 1000, 100);
    }
}

/* Rows of several blocks, with many equal elements and with few. */
static void
test_blocks (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++) {
    check (dtypes[t], t % 2, 1, 3 * TL_SORT_BLOCK + 5, 3);
    check (dtypes[t], 1 - (int)t % 2, 2, TL_SORT_BLOCK + 1, 100);
  }
}

static void
test_search (void)
{
  double       sorted[] = { -2, 0, 0, 1, 5, NAN }, values[] = { -3, -2, 0, 0.5, 5, 6, NAN };
  gint64       y[7];
  const gint64 left[] = { 0, 0, 1, 3, 4, 5, 5 }, right[] = { 0, 1, 3, 3, 5, 5, 6 };
  TlSearchArgs args = { TL_DTYPE_F64, 0, 1, 1, 6, 7 };

  run_kernel (&tl_search_kernel, &args, (void *const[]){ sorted, values, y }, RUN_FORWARDS);
  g_assert_cmpmem (y, sizeof y, left, sizeof left);
  args.right = 1;
  run_kernel (&tl_search_kernel, &args, (void *const[]){ sorted, values, y }, RUN_FORWARDS);
  g_assert_cmpmem (y, sizeof y, right, sizeof right);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/sort/rows", test_rows);
  g_test_add_func ("/kernels/sort/blocks", test_blocks);
  g_test_add_func ("/kernels/sort/parts", test_parts);
  g_test_add_func ("/kernels/sort/search", test_search);
  return g_test_run ();
}
