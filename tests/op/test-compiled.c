/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was compiled ahead computes the same bits as the interpreter.
 */
#include <math.h>
#include <string.h>

#include "core/graph/attr.h"
#include "core/graph/expr.h"
#include "core/graph/node-private.h"
#include "core/kernels/kernels.h"
#include "core/op/ops.h"

#define N 1237 /* more than a block, and no multiple of a vector */

static guint n_compiled;

static double
draw (GRand *rand,
      gsize  i)
{
  static const double special[] = { 0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 1e-40, 1e30, -87.5, 20, 1e-8 };

  return i % 7 == 0 ? special[(i / 7) % G_N_ELEMENTS (special)] : g_rand_double_range (rand, -4, 4);
}

static void
run_map (TlExpr       *expr,
         TlDType       dtype,
         TlCompiledMap compiled,
         void *const  *data)
{
  TlMapArgs        args = { .dtype = dtype, .rank = 1, .shape = { N }, .program = tl_expr_get_program (expr), .compiled = compiled };
  const TlKernel  *kernel = &tl_kernels_get ()->map;
  TlWork           work = { 0 };
  g_autofree void *scratch = NULL;
  gpointer         aligned;

  for (guint i = 0; i < TL_PROGRAM_MAX_IN; i++) {
    args.in_dtype[i] = dtype;
    args.in_strides[i][0] = 1;
  }
  for (guint i = 0; i < TL_PROGRAM_MAX_OUT; i++) {
    args.out_dtype[i] = dtype;
    args.out_strides[i][0] = 1;
  }
  kernel->measure (&args, &work);
  scratch = g_malloc (work.scratch + 64);
  aligned = (gpointer)(((guintptr)scratch + 63) & ~(guintptr)63);
  for (gsize tile = 0; tile < work.n_tiles[0]; tile++)
    kernel->run (&args, data, NULL, 0, tile, aligned);
}

static gboolean
same_elements (const void *a,
               const void *b,
               TlDType     dtype)
{
  for (gsize i = 0; i < N; i++) {
    double x = dtype == TL_DTYPE_F32 ? ((const float *)a)[i] : ((const double *)a)[i];
    double y = dtype == TL_DTYPE_F32 ? ((const float *)b)[i] : ((const double *)b)[i];

    if (memcmp (&x, &y, sizeof x) != 0 && !(isnan (x) && isnan (y)))
      return FALSE;
  }
  return TRUE;
}

static void
check_expr (const char *name,
            TlExpr     *expr,
            TlDType     dtype)
{
  TlCompiledMap     compiled = tl_expr_get_compiled (expr, dtype);
  guint             n_in = tl_expr_get_n_in (expr), n_out = tl_expr_get_n_out (expr);
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  void             *a[TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_OUT], *b[TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_OUT];

  if (compiled == NULL)
    return;
  n_compiled++;
  for (guint k = 0; k < n_in + n_out; k++) {
    a[k] = g_malloc0 (N * sizeof (double));
    b[k] = k < n_in ? a[k] : g_malloc0 (N * sizeof (double));
    for (gsize i = 0; k < n_in && i < N; i++)
      if (dtype == TL_DTYPE_F32)
        ((float *)a[k])[i] = (float)draw (rand, i + 3 * k);
      else
        ((double *)a[k])[i] = draw (rand, i + 3 * k);
  }
  run_map (expr, dtype, NULL, a);
  run_map (expr, dtype, compiled, b);
  for (guint k = n_in; k < n_in + n_out; k++) {
    if (!same_elements (a[k], b[k], dtype)) {
      g_test_message ("%s: output %u differs in %s", name, k - n_in, tl_dtype_name (dtype));
      g_test_fail ();
    }
    g_free (b[k]);
  }
  for (guint k = 0; k < n_in + n_out; k++)
    g_free (a[k]);
}

static void
test_rows (void)
{
  for (guint row = 0; row < tl_op_get_n_rows (); row++) {
    const TlOpClass *op = tl_op_get_row (row);
    TlAttrValue      attrs[TL_OP_MAX_ATTRS];

    if (op->expr == NULL)
      continue;
    tl_attr_init_defaults (op->attrs, attrs);
    for (guint needs = 0; needs < 1u << tl_op_get_n_ports (op->in); needs++) {
      g_autoptr (TlExpr) expr = tl_op_get_expr (op, attrs, needs, NULL);

      g_assert_nonnull (expr);
      check_expr (op->name, expr, TL_DTYPE_F32);
      check_expr (op->name, expr, TL_DTYPE_F64);
    }
  }
  g_test_message ("%u functions compiled ahead", n_compiled);
  g_assert_cmpuint (n_compiled, >, 40);
}

static void
test_chains (void)
{
  static const TlExprName names[] = { { "a" }, { "b" }, { "c" }, { NULL } };
  g_autoptr (TlExpr)      expr = tl_expr_parse ("a * b + c", names, NULL);

  g_assert_nonnull (tl_expr_get_compiled (expr, TL_DTYPE_F32));
  check_expr ("a * b + c", expr, TL_DTYPE_F32);
  check_expr ("a * b + c", expr, TL_DTYPE_F64);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/op/compiled/rows", test_rows);
  g_test_add_func ("/op/compiled/chains", test_chains);
  return g_test_run ();
}
