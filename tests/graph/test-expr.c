/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/base/error.h"
#include "core/graph/expr.h"
#include "core/kernels/kernels.h"

static const TlExprName names[] = { { "a" }, { "b" }, { "half", TRUE, 0.5 }, { NULL } };

static double
eval (TlExpr *expr,
      guint   output,
      double  a,
      double  b,
      double  c)
{
  double    in[3] = { a, b, c }, out[TL_PROGRAM_MAX_OUT] = { 0 };
  TlMapArgs args = { .dtype = TL_DTYPE_F64, .rank = 1, .shape = { 1 }, .program = tl_expr_get_program (expr) };
  void     *data[TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_OUT];
  TlWork    work = { 0 };
  void     *scratch;

  for (guint i = 0; i < tl_expr_get_n_in (expr); i++) {
    args.in_dtype[i] = TL_DTYPE_F64;
    data[i] = &in[i];
  }
  for (guint i = 0; i < tl_expr_get_n_out (expr); i++) {
    args.out_dtype[i] = TL_DTYPE_F64;
    data[tl_expr_get_n_in (expr) + i] = &out[i];
  }
  tl_kernels_get ()->map.measure (&args, &work);
  scratch = aligned_alloc (64, (work.scratch + 127) & ~(gsize)63);
  for (guint phase = 0; phase < work.n_phases; phase++)
    tl_kernels_get ()->map.run (&args, data, NULL, phase, 0, scratch);
  free (scratch);
  return out[output];
}

static TlExpr *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  TlExpr            *expr = tl_expr_parse (text, names, &error);

  g_assert_no_error (error);
  return expr;
}

static void
test_values (void)
{
  static const struct {
    const char *text;
    double      value; /* at a = 0.7, b = -0.3 */
  } cases[] = {
    { "a + b * 2", 0.7 - 0.6 },
    { "(a + b) * 2", 0.8 },
    { "-a - -b", -0.7 - 0.3 },
    { "a / b / 2", 0.7 / -0.3 / 2 },
    { "half * a", 0.35 },
    { "max (a, b) + min (a, b)", 0.4 },
    { "a > b", 1 },
    { "select (a < b, 1, 2)", 2 },
    { "exp (log (a))", 0.7 },
    { "a == a", 1 },
    { "3e-1", 0.3 },
    { "b", -0.3 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TlExpr) expr = parse (cases[i].text);

    g_assert_cmpfloat_with_epsilon (eval (expr, 0, 0.7, -0.3, 0), cases[i].value, 1e-14);
  }
}

static void
test_mistakes (void)
{
  static const char *const texts[] = { "", "a +", "a b", "foo (a)", "exp (a, b)", "unknown", "(a", "max (a)", "a ? b", "1..2" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (tl_expr_parse (texts[i], names, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_FORMAT);
  }
}

static void
test_too_deep (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError)  error = NULL;

  for (guint i = 0; i < 10000; i++)
    g_string_append_c (text, '(');
  g_assert_null (tl_expr_parse (text->str, names, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_FORMAT);
}

/* Every functor's derivative against central differences, for each argument; whole numbers have none, tetragamma's is not known. */
static void
test_derivatives (void)
{
  static const gboolean both[] = { TRUE, TRUE, TRUE };

  for (guint fn = 0; fn < TL_N_FN; fn++) {
    g_autofree char *text = g_strdup_printf (fn == TL_FN_acosh       ? "%s (a + 1)"
                                             : tl_fn_arity (fn) == 1 ? "%s (a)"
                                             : tl_fn_arity (fn) == 2 ? "%s (a, b)"
                                                                     : "%s (a > 0.5, a, b)",
                                             tl_fn_name (fn));
    g_autoptr (TlExpr) expr = parse (text);
    g_autoptr (TlExpr) gradient = tl_expr_differentiate (expr, 0, both);
    const double       points[][2] = { { 0.31, 0.73 }, { 0.64, 0.27 } };

    g_assert_cmpuint (tl_expr_get_n_out (gradient), ==, 2);
    if (fn == TL_FN_tetragamma)
      g_assert_true (isnan (eval (gradient, 0, 0.31, 0.73, 1)));
    if (fn == TL_FN_tetragamma || tl_fn_is_int_only (fn))
      continue;
    for (guint p = 0; p < 2; p++) {
      double a = points[p][0], b = points[p][1], h = 1e-6;
      double da = (eval (expr, 0, a + h, b, 0) - eval (expr, 0, a - h, b, 0)) / (2 * h);
      double db = (eval (expr, 0, a, b + h, 0) - eval (expr, 0, a, b - h, 0)) / (2 * h);

      g_test_message ("%s at %g, %g", text, a, b);
      g_assert_cmpfloat_with_epsilon (eval (gradient, 0, a, b, 1), da, 1e-6);
      g_assert_cmpfloat_with_epsilon (eval (gradient, 1, a, b, 1), db, 1e-6);
      g_assert_cmpfloat_with_epsilon (eval (gradient, 0, a, b, -2.5), -2.5 * da, 3e-6);
    }
  }
}

static void
test_repeated_terms_are_shared (void)
{
  g_autoptr (TlExpr) expr = parse ("exp (a * b) + exp (a * b)");

  g_assert_cmpuint (tl_expr_get_program (expr)->n_instr, ==, 3);
}

static void
test_join (void)
{
  g_autoptr (TlExpr) producer = parse ("a * b");
  g_autoptr (TlExpr) consumer = parse ("max (a, 0) - b");
  const guint        producer_inputs[] = { 0, 1 };
  const gint         consumer_inputs[] = { -1, 1 };
  g_autoptr (TlExpr) joined = tl_expr_join (producer, 0, consumer, producer_inputs, consumer_inputs, 2, TRUE);

  g_assert_cmpuint (tl_expr_get_n_out (joined), ==, 2);
  g_assert_cmpfloat (eval (joined, 0, 3, 2, 0), ==, 6);
  g_assert_cmpfloat (eval (joined, 1, 3, 2, 0), ==, 4);
}

static void
test_bind_constant (void)
{
  g_autoptr (TlExpr) expr = parse ("a * 10 + b");
  g_autoptr (TlExpr) bound = tl_expr_bind_constant (expr, 0, 4);

  g_assert_cmpuint (tl_expr_get_n_in (bound), ==, 1);
  g_assert_cmpfloat (eval (bound, 0, 2, 0, 0), ==, 42);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/expr/values", test_values);
  g_test_add_func ("/graph/expr/mistakes", test_mistakes);
  g_test_add_func ("/graph/expr/too-deep", test_too_deep);
  g_test_add_func ("/graph/expr/derivatives", test_derivatives);
  g_test_add_func ("/graph/expr/repeated-terms-are-shared", test_repeated_terms_are_shared);
  g_test_add_func ("/graph/expr/join", test_join);
  g_test_add_func ("/graph/expr/bind-constant", test_bind_constant);
  return g_test_run ();
}
