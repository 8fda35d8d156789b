/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fourier transforms of many lengths against their definition, and back again; of tensors that lie anywhere in memory; without FFTW.
 */
#include <complex.h>
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/op/ops.h"

static const char *self_path;

static TlTensor *
signals (TlDType dtype,
         TlDim   n,
         TlDim   lines)
{
  g_autoptr (GError) error = NULL;
  TlTensor          *x = tl_randn (3, (const TlDim[]){ lines, n, 2 }, 0, 1, dtype, tl_context_get_random_counter (tl_context_get ()), &error);

  g_assert_no_error (error);
  return x;
}

static TlTensor *
transform (const TlOpClass *op,
           TlTensor        *x)
{
  g_autoptr (GError) error = NULL;
  TlTensor          *y = tl_op_apply1 (op, &x, 1, NULL, &error);

  g_assert_no_error (error);
  return y;
}

/* Bin @k of line @line, as it is defined. */
static double complex
define (TlTensor *x,
        gsize     line,
        gint64    n,
        gint64    k)
{
  double complex sum = 0;

  for (gint64 j = 0; j < n; j++) {
    gsize  at = 2 * (line * (gsize)n + (gsize)j);
    double angle = -2 * M_PI * (double)(j * k % n) / (double)n;

    sum += (tl_tensor_peek_element (x, at) + I * tl_tensor_peek_element (x, at + 1)) * (cos (angle) + I * sin (angle));
  }
  return sum;
}

static void
check_length (TlDType dtype,
              gint64  n,
              gint64  lines)
{
  g_autoptr (TlTensor) x = signals (dtype, n, lines);
  g_autoptr (TlTensor) y = transform (&tl_op_fft, x);
  g_autoptr (TlTensor) back = transform (&tl_op_ifft, y);
  double               limit = (dtype == TL_DTYPE_F32 ? 1e-6 : 1e-14) * sqrt ((double)n) * (2 + log2 ((double)n));
  gint64               step = n > 100 ? n / 37 : 1;

  for (gint64 line = 0; line < lines; line += MAX (1, lines - 1))
    for (gint64 k = 0; k < n; k += step) {
      double complex wanted = define (x, (gsize)line, n, k);
      gsize          at = 2 * (gsize)(line * n + k);

      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (y, at), creal (wanted), limit);
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (y, at + 1), cimag (wanted), limit);
    }
  for (gsize i = 0; i < tl_tensor_get_n_elements (x); i++)
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (back, i), tl_tensor_peek_element (x, i), limit);
}

static void
test_lengths (void)
{
  static const gint64 large[] = { 97, 128, 360, 1000, 1009, 2048, 2310, 4099, 20000, 32768 };

  for (gint64 n = 1; n <= 40; n++) {
    check_length (TL_DTYPE_F64, n, 1);
    check_length (TL_DTYPE_F32, n, 11);
  }
  for (guint i = 0; i < G_N_ELEMENTS (large); i++) {
    check_length (TL_DTYPE_F64, large[i], 1);
    check_length (TL_DTYPE_F32, large[i], 3);
  }
}

/* A line has the same bits alone, among others, and on two threads. */
static void
test_threads (void)
{
  static const gint64 lengths[] = { 60, 1009, 40000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autoptr (TlTensor)  x = signals (TL_DTYPE_F32, lengths[i], 40);
    g_autoptr (TlTensor)  one = transform (&tl_op_fft, x);
    g_autoptr (TlContext) context = tl_context_new (2);
    TlContext            *before = tl_context_make_current (context);
    g_autoptr (TlTensor)  two = transform (&tl_op_fft, x);

    tl_context_make_current (before);
    g_assert_cmpmem (tl_tensor_peek_data (one), 80 * (gsize)lengths[i] * 4, tl_tensor_peek_data (two), 80 * (gsize)lengths[i] * 4);
  }
}

/* The same numbers in memory of their own. */
static TlTensor *
copy (TlTensor *x)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) negative = tl_neg (x, &error);
  TlTensor            *y = tl_neg (negative, &error);

  g_assert_no_error (error);
  return y;
}

static void
assert_same (TlTensor *a,
             TlTensor *b)
{
  gsize n_bytes = tl_tensor_get_n_elements (a) * tl_dtype_size (tl_tensor_get_dtype (a));

  g_assert_cmpmem (tl_tensor_peek_data (a), n_bytes, tl_tensor_peek_data (b), n_bytes);
}

/* The bits depend neither on the address of the first element nor on whether lines are read where they lie. */
static void
test_addresses (void)
{
  static const gint64 lengths[] = { 6, 37, 64, 1000, 4096 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (gint64 lines = 1; lines <= 30; lines += 29) {
      g_autoptr (GError)   error = NULL;
      g_autoptr (TlTensor) x = tl_randn (1, (const TlDim[]){ 3 + lines * lengths[i] }, 0, 1, TL_DTYPE_F32, tl_context_get_random_counter (tl_context_get ()), &error);

      for (gint64 skipped = 1; skipped <= 3; skipped++) {
        g_autoptr (TlTensor) part = tl_slice (x, 0, skipped, skipped + lines * lengths[i], 1, &error);
        g_autoptr (TlTensor) view = tl_reshape (part, 2, (const TlDim[]){ lines, lengths[i] }, &error);
        g_autoptr (TlTensor) moved = copy (view);
        g_autoptr (TlTensor) y = transform (&tl_op_rfft, view);
        g_autoptr (TlTensor) wanted = transform (&tl_op_rfft, moved);

        g_assert_no_error (error);
        assert_same (y, wanted);
      }
    }
}

/* Axes in any order, steps and repetitions are read where they are. */
static void
test_strides (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = signals (TL_DTYPE_F64, 24, 20);
  g_autoptr (TlTensor) turned = tl_permute (x, (const guint[]){ 1, 0, 2 }, &error);
  g_autoptr (TlTensor) stepped = tl_slice (turned, 1, 1, G_MAXINT64, 3, &error);
  g_autoptr (TlTensor) wide = tl_unsqueeze (stepped, 0, &error);
  g_autoptr (TlTensor) repeated = tl_expand (wide, 4, (const TlDim[]){ 3, 24, 7, 2 }, &error);
  g_autoptr (TlTensor) parts = tl_permute (x, (const guint[]){ 2, 0, 1 }, &error);
  g_autoptr (TlTensor) plain = tl_contiguous (parts, &error);
  g_autoptr (TlTensor) apart = tl_permute (plain, (const guint[]){ 1, 2, 0 }, &error);
  TlTensor            *views[] = { turned, stepped, repeated, apart };

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (views); i++) {
    g_autoptr (TlTensor) moved = copy (views[i]);
    g_autoptr (TlTensor) plain_y = transform (&tl_op_fft2, moved);
    g_autoptr (TlTensor) y = transform (&tl_op_fft2, views[i]);

    g_assert_no_error (error);
    for (gsize k = 0; k < tl_tensor_get_n_elements (y); k++)
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (y, k), tl_tensor_peek_element (plain_y, k), 1e-12);
  }
}

/* More plans than are kept, with some in use while others are made. */
static void
test_plans (void)
{
  g_autoptr (TlTensor) first = signals (TL_DTYPE_F64, 100, 1);
  g_autoptr (TlTensor) wanted = transform (&tl_op_fft, first);

  for (gint64 n = 1; n <= 600; n++) {
    g_autoptr (TlTensor) x = signals (TL_DTYPE_F64, n, 1);
    g_autoptr (TlTensor) y = transform (&tl_op_fft, x);

    g_assert_cmpuint (tl_tensor_get_n_elements (y), ==, 2 * (gsize)n);
  }
  {
    g_autoptr (TlTensor) again = transform (&tl_op_fft, first);

    assert_same (again, wanted);
  }
}

static void
expect_error (const TlOpClass   *op,
              TlTensor          *x,
              const TlAttrValue *attrs,
              const char        *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (tl_op_apply1 (op, &x, 1, attrs, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_errors (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) real = tl_ones (2, (const TlDim[]){ 4, 3 }, TL_DTYPE_F32, &error);
  g_autoptr (TlTensor) whole = tl_ones (2, (const TlDim[]){ 4, 2 }, TL_DTYPE_I64, &error);
  g_autoptr (TlTensor) empty = tl_ones (2, (const TlDim[]){ 0, 2 }, TL_DTYPE_F32, &error);
  const TlAttrValue    zero[] = { TL_INT (0), TL_INT (-1), TL_INT (0) };
  const TlAttrValue    huge[] = { TL_INT (900000000000), TL_INT (-1), TL_INT (0) };
  const TlAttrValue    twice[] = { { .n = 0 }, TL_INTS2 (0, -2), TL_INT (0) };

  g_assert_no_error (error);
  expect_error (&tl_op_fft, real, NULL, "fft: complex numbers are pairs on the last axis, x is [4, 3]");
  expect_error (&tl_op_fft, whole, NULL, "fft: x must be floating, not i64");
  expect_error (&tl_op_fft, empty, NULL, "0 points along axis 0");
  expect_error (&tl_op_rfft, real, zero, "0 points along axis 1");
  expect_error (&tl_op_rfft, real, huge, "rfft: n = 9e+11 is not between");
  expect_error (&tl_op_rfft2, real, twice, "axis 0 is given twice");
}

/* A process of its own sees no FFTW: it is opened once. */
static void
test_absent (void)
{
  g_auto (GStrv)     environment = g_environ_setenv (g_get_environ (), "TL_FFTW_F32", "/nowhere/libfftw3f.so", TRUE);
  const char        *argv[] = { self_path, "--without", NULL };
  g_autoptr (GError) error = NULL;
  int                status;

  g_spawn_sync (NULL, (char **)argv, environment, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static int
check_absent (void)
{
  g_autoptr (TlTensor) narrow = signals (TL_DTYPE_F32, 8, 1);
  g_autoptr (TlTensor) wide = signals (TL_DTYPE_F64, 8, 1);
  g_autoptr (TlTensor) y = transform (&tl_op_fft, wide);

  expect_error (&tl_op_fft, narrow, NULL, "FFTW for f32 cannot be opened: TL_FFTW_F32 is /nowhere/libfftw3f.so");
  return 0;
}

/* A number has nothing to shift, whichever axis is named. */
static void
test_shift_of_number (void)
{
  const TlAttrValue    dims[] = { TL_INTS1 (0) };
  const TlOpClass     *rows[] = { &tl_op_fftshift, &tl_op_ifftshift };
  g_autoptr (TlTensor) x = tl_full (0, NULL, 3, TL_DTYPE_F64, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError)   error = NULL;
    TlTrace             *trace = tl_trace_begin (tl_context_get ());
    g_autoptr (TlTensor) planned = tl_op_apply1 (rows[i], &x, 1, dims, &error);
    g_autoptr (TlTensor) y = NULL;

    tl_trace_abandon (trace);
    g_assert_no_error (error);
    y = tl_op_apply1 (rows[i], &x, 1, dims, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (tl_tensor_peek_element (y, 0), ==, 3);
  }
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);

  tl_context_make_current (context);
  if (argc == 2 && strcmp (argv[1], "--without") == 0)
    return check_absent ();
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/op/fft/lengths", test_lengths);
  g_test_add_func ("/op/fft/shift-of-number", test_shift_of_number);
  g_test_add_func ("/op/fft/threads", test_threads);
  g_test_add_func ("/op/fft/addresses", test_addresses);
  g_test_add_func ("/op/fft/strides", test_strides);
  g_test_add_func ("/op/fft/plans", test_plans);
  g_test_add_func ("/op/fft/errors", test_errors);
  g_test_add_func ("/op/fft/absent", test_absent);
  return g_test_run ();
}
