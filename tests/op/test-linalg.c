/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear algebra where it has no answer: singular and indefinite matrices, NaN, sizes that LAPACK does not have, no LAPACK at all.  And where
 * the answer is known: determinants of singular matrices have gradients, factors multiply to what was factored.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/autodiff.h"
#include "core/graph/plan.h"
#include "core/op/ops.h"
#include "core/tensor/variable.h"

static const char *self_path;

static TlTensor *
matrices (const double *values,
          TlDim         batch,
          TlDim         n)
{
  g_autoptr (GError) error = NULL;
  TlTensor          *x = tl_tensor_new (TL_DTYPE_F64, 3, (const TlDim[]){ batch, n, n }, &error);

  g_assert_no_error (error);
  memcpy (tl_tensor_peek_data (x), values, (gsize)(batch * n * n) * sizeof *values);
  return x;
}

static void
expect_error (const TlOpClass *op,
              TlTensor        *a,
              TlTensor        *b,
              TlError          code,
              const char      *text)
{
  TlTensor          *in[] = { a, b }, *out[3];
  g_autoptr (GError) error = NULL;

  g_assert_false (tl_op_apply (op, in, b != NULL ? 2 : 1, NULL, out, tl_op_get_n_out (op, 1), &error));
  g_assert_error (error, TL_ERROR, (gint)code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_singular (void)
{
  g_autoptr (TlTensor) a = matrices ((const double[]){ 2, 1, 1, 1, 1, 2, 2, 4 }, 2, 2);
  g_autoptr (TlTensor) indefinite = matrices ((const double[]){ 1, 2, 2, 1 }, 1, 2);

  expect_error (&tl_op_solve, a, a, TL_ERROR_VALUE, "solve: matrix 1 is singular: its pivot is zero in column 2");
  expect_error (&tl_op_inverse, a, NULL, TL_ERROR_VALUE, "matrix 1 is singular");
  expect_error (&tl_op_cholesky, indefinite, NULL, TL_ERROR_VALUE, "cholesky: matrix 0 is not positive definite: its minor is not positive at size 2");
}

/* A planned step tells it as well, and nothing is changed. */
static void
test_planned (void)
{
  TlContext           *context = tl_context_get ();
  g_autoptr (TlTensor) a = matrices ((const double[]){ 1, 2, 2, 4 }, 1, 2);
  TlTrace             *trace = tl_trace_begin (context);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) y = tl_op_apply1 (&tl_op_inverse, &a, 1, NULL, &error);
  g_autoptr (TlPlan)   plan = NULL;

  g_assert_no_error (error);
  plan = tl_plan_new (trace, &y, 1, 0, &error);
  g_assert_no_error (error);
  g_assert_false (tl_plan_run (plan, NULL, 0, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "is singular"));
}

/* A matrix with NaN or infinities has NaN for results; its neighbours in the batch have theirs. */
static void
test_not_finite (void)
{
  static const TlOpClass *const ops[] = { &tl_op_inverse, &tl_op_cholesky, &tl_op_svd, &tl_op_eigh, &tl_op_qr, &tl_op_det, &tl_op_slogdet, &tl_op_pinv };
  const double                  bad[] = { NAN, INFINITY, -INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    for (guint k = 0; k < G_N_ELEMENTS (bad); k++) {
      g_autoptr (TlTensor) a = matrices ((const double[]){ bad[k], 1, 1, 2, 3, 1, 1, 2 }, 2, 2);
      TlTensor            *out[3] = { NULL };
      g_autoptr (GError)   error = NULL;

      tl_op_apply (ops[i], &a, 1, NULL, out, tl_op_get_n_out (ops[i], 1), &error);
      g_assert_no_error (error);
      for (guint j = 0; j < 3 && out[j] != NULL; j++) {
        gsize n = tl_tensor_get_n_elements (out[j]) / 2;

        for (gsize e = 0; e < 2 * n; e++)
          g_assert_cmpint (isnan (tl_tensor_peek_element (out[j], e)) != 0, ==, e < n);
        tl_tensor_unref (out[j]);
      }
    }
}

static void
test_sizes (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) one = tl_ones (1, (const TlDim[]){ 1 }, TL_DTYPE_F64, &error);
  g_autoptr (TlTensor) whole = tl_ones (2, (const TlDim[]){ 2, 2 }, TL_DTYPE_I64, &error);
  g_autoptr (TlTensor) wide = tl_ones (2, (const TlDim[]){ 2, 3 }, TL_DTYPE_F64, &error);
  TlMeta               huge, out;
  const TlMeta        *in[] = { &huge };
  TlInfer              infer = { &tl_op_det, 1, in, NULL, 1, &out };

  g_assert_no_error (error);
  expect_error (&tl_op_det, whole, NULL, TL_ERROR_DTYPE, "det: a must be floating, not i64");
  expect_error (&tl_op_det, wide, NULL, TL_ERROR_SHAPE, "det: a [2, 3] is not square");
  expect_error (&tl_op_svd, one, NULL, TL_ERROR_SHAPE, "at least 2 axes");
  expect_error (&tl_op_solve, whole, wide, TL_ERROR_DTYPE, "i64");
  tl_meta_init (&huge, TL_DTYPE_F64, 2, (const TlDim[]){ 3000000000, 3000000000 });
  g_assert_false (tl_op_det.infer (&infer, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "[3000000000, 3000000000] are too large for LAPACK"));
}

/* The gradient of a determinant is that of the product of the singular values, whatever they are. */
static void
test_singular_determinant (void)
{
  const double           expected[] = { 4, -3, -2, 1, 1, 0, 0, 0 };
  g_autoptr (TlTensor)   value = matrices ((const double[]){ 1, 2, 3, 4, 0, 0, 0, 1 }, 2, 2);
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlVariable) variable = tl_variable_new ("a", TL_VARIABLE_PARAMETER, value, &error);
  g_autoptr (TlTensor)   a = tl_read (variable);
  g_autoptr (TlTensor)   y = tl_op_apply1 (&tl_op_det, &a, 1, NULL, &error);
  g_autoptr (TlTensor)   sum = tl_sum (y, NULL, 0, FALSE, &error);
  g_autoptr (TlTensor)   gradient = NULL;

  g_assert_no_error (error);
  tl_grad (&sum, NULL, 1, &a, 1, FALSE, &gradient, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 8; i++)
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (gradient, i), expected[i], 1e-14);
}

/* Large enough for LAPACK's blocks: u diag (s) vh is the matrix again. */
static void
test_factors (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) a = tl_randn (2, (const TlDim[]){ 150, 90 }, 0, 1, TL_DTYPE_F64, tl_context_get_random_counter (tl_context_get ()), &error);
  g_autoptr (TlTensor) u_s = NULL;
  g_autoptr (TlTensor) again = NULL;
  TlTensor            *out[3];

  g_assert_no_error (error);
  tl_op_apply (&tl_op_svd, &a, 1, NULL, out, 3, &error);
  g_assert_no_error (error);
  u_s = tl_mul (out[0], out[1], &error);
  again = tl_matmul (u_s, out[2], &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < 150 * 90; i++)
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (again, i), tl_tensor_peek_element (a, i), 1e-12);
  for (guint i = 0; i < 3; i++)
    tl_tensor_unref (out[i]);
}

static void
test_absent (void)
{
  g_auto (GStrv)     environment = g_environ_setenv (g_get_environ (), "TL_LAPACK", "/nowhere/liblapack.so", TRUE);
  const char        *argv[] = { self_path, "--without", NULL };
  g_autoptr (GError) error = NULL;
  int                status;

  g_spawn_sync (NULL, (char **)argv, environment, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);

  tl_context_make_current (context);
  if (argc == 2 && strcmp (argv[1], "--without") == 0) {
    g_autoptr (TlTensor) a = matrices ((const double[]){ 2, 1, 1, 1 }, 1, 2);

    expect_error (&tl_op_inverse, a, NULL, TL_ERROR_UNSUPPORTED, "inverse: LAPACK cannot be opened: TL_LAPACK is /nowhere/liblapack.so");
    return 0;
  }
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/op/linalg/singular", test_singular);
  g_test_add_func ("/op/linalg/planned", test_planned);
  g_test_add_func ("/op/linalg/not-finite", test_not_finite);
  g_test_add_func ("/op/linalg/sizes", test_sizes);
  g_test_add_func ("/op/linalg/singular-determinant", test_singular_determinant);
  g_test_add_func ("/op/linalg/factors", test_factors);
  g_test_add_func ("/op/linalg/absent", test_absent);
  return g_test_run ();
}
