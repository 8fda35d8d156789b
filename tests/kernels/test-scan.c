/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Scans and recurrences against plain loops: short and long axes, columns, all dtypes, tiles in any order.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/recurrence.h"
#include "core/kernels/scan.h"

static const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I64, TL_DTYPE_I32, TL_DTYPE_I8, TL_DTYPE_U8 };

static double
combine (TlScanOp op, double a, double b, int *takes)
{
  *takes = op == TL_SCAN_MAX ? b >= a : b <= a;
  switch (op) {
  case TL_SCAN_SUM:
    return a + b;
  case TL_SCAN_PROD:
    return a * b;
  case TL_SCAN_LOGSUMEXP:
    return fmax (a, b) + log (1 + exp (-fabs (a - b)));
  case TL_SCAN_MAX:
  case TL_SCAN_MIN:
    break;
  }
  return *takes ? b : a;
}

static void
check (TlScanOp op, TlDType dtype, gint64 outer, gint64 n, gint64 inner)
{
  gboolean   is_extreme = op == TL_SCAN_MAX || op == TL_SCAN_MIN;
  TlDType    out = is_extreme || dtype <= TL_DTYPE_F64 ? dtype : TL_DTYPE_I64;
  TlScanArgs args = { dtype, op, outer, n, inner };
  gsize      count = (gsize)(outer * n * inner), size = tl_dtype_size (out);
  double     low = op == TL_SCAN_PROD ? (dtype <= TL_DTYPE_F64 ? 0.999 : 1) : dtype == TL_DTYPE_U8 ? 0
                                                                                                   : -50;
  double     high = op == TL_SCAN_PROD ? (dtype <= TL_DTYPE_F64 ? 1.001 : 1) : 50;
  void      *x = random_elements (dtype, count, low, high, (guint64)n), *y = guarded_new (count * size), *z = guarded_new (count * size);
  gint64    *at = (gint64 *)guarded_new (count * 8), *at2 = (gint64 *)guarded_new (count * 8);

  run_kernel (&tl_scan_kernel, &args, (void *const[]){ x, y, at }, RUN_FORWARDS);
  run_kernel (&tl_scan_kernel, &args, (void *const[]){ x, z, at2 }, RUN_BACKWARDS);
  g_assert_cmpmem (y, count * size, z, count * size);
  for (gint64 o = 0; o < outer; o++)
    for (gint64 i = 0; i < inner; i++) {
      double value = 0;
      gint64 place = 0;

      for (gint64 j = 0; j < n; j++) {
        gint64 k = (o * n + j) * inner + i;
        double b = get_element (dtype, x, k);
        int    takes;
        double next = combine (op, value, b, &takes);

        place = j == 0 || takes ? j : place;
        value = j == 0 ? b : next;
        assert_near (get_element (out, y, k), value, dtype == TL_DTYPE_F32 ? 1e-4 * (1 + fabs (value)) : 1e-9 * (1 + fabs (value)), "scan", k);
        if (is_extreme)
          g_assert_cmpint (at[k], ==, place);
      }
    }
  guarded_free (x, count * tl_dtype_size (dtype));
  guarded_free (y, count * size);
  guarded_free (z, count * size);
  guarded_free ((guint8 *)at, count * 8);
  guarded_free ((guint8 *)at2, count * 8);
}

static void
test_scan (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++)
    for (TlScanOp op = TL_SCAN_SUM; op <= (dtypes[t] <= TL_DTYPE_F64 ? TL_SCAN_LOGSUMEXP : TL_SCAN_MIN); op++) {
      check (op, dtypes[t], 3, 7, 1);
      check (op, dtypes[t], 2, 5, 300);
      check (op, dtypes[t], 40, 33, 3);
    }
}

/* Several blocks along the axis. */
static void
test_long (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++)
    for (TlScanOp op = TL_SCAN_SUM; op <= (dtypes[t] <= TL_DTYPE_F64 ? TL_SCAN_LOGSUMEXP : TL_SCAN_MIN); op++)
      check (op, dtypes[t], 1, 2 * TL_SCAN_BLOCK + 77, 2);
}

static void
test_nan (void)
{
  float      x[] = { 1, 3, NAN, 5, 2 }, y[5];
  gint64     at[5];
  TlScanArgs args = { TL_DTYPE_F32, TL_SCAN_MAX, 1, 5, 1 };

  run_kernel (&tl_scan_kernel, &args, (void *const[]){ x, y, at }, RUN_FORWARDS);
  g_assert_cmpfloat (y[1], ==, 3);
  for (guint i = 2; i < 5; i++) {
    g_assert_true (isnan (y[i]));
    g_assert_cmpint (at[i], ==, 2);
  }
}

static void
check_recurrence (TlDType dtype, gboolean backwards, gint64 outer, gint64 n, gint64 inner)
{
  TlRecurrenceArgs args = { dtype, backwards, outer, n, inner };
  gsize            count = (gsize)(outer * n * inner), size = count * tl_dtype_size (dtype);
  void            *a = random_elements (dtype, count, -1, 1, 1), *b = random_elements (dtype, count, -1, 1, 2);
  void            *y = guarded_new (size), *z = guarded_new (size);

  run_kernel (&tl_recurrence_kernel, &args, (void *const[]){ a, b, y }, RUN_FORWARDS);
  run_kernel (&tl_recurrence_kernel, &args, (void *const[]){ a, b, z }, RUN_BACKWARDS);
  g_assert_cmpmem (y, size, z, size);
  for (gint64 o = 0; o < outer; o++)
    for (gint64 c = 0; c < inner; c++) {
      double state = 0;

      for (gint64 j = 0; j < n; j++) {
        gint64 i = backwards ? n - 1 - j : j, k = (o * n + i) * inner + c, factor = backwards ? k + inner : k;

        state = get_element (dtype, b, k) + (j > 0 ? get_element (dtype, a, factor) * state : 0);
        assert_near (get_element (dtype, y, k), state, (dtype == TL_DTYPE_F32 ? 1e-5 : 1e-12) * (1 + fabs (state)), "recurrence", k);
      }
    }
  guarded_free (a, size);
  guarded_free (b, size);
  guarded_free (y, size);
  guarded_free (z, size);
}

/* One phase and several. */
static void
test_recurrence (void)
{
  for (TlDType dtype = TL_DTYPE_F32; dtype <= TL_DTYPE_F64; dtype++)
    for (int backwards = 0; backwards < 2; backwards++) {
      check_recurrence (dtype, backwards, 3, 7, 1);
      check_recurrence (dtype, backwards, 2, 5, 300);
      check_recurrence (dtype, backwards, 1, 1, 1);
      check_recurrence (dtype, backwards, 1, 5001, 257);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/scan/short", test_scan);
  g_test_add_func ("/kernels/scan/long", test_long);
  g_test_add_func ("/kernels/scan/nan", test_nan);
  g_test_add_func ("/kernels/scan/recurrence", test_recurrence);
  return g_test_run ();
}
