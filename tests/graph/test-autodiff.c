/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "graph-util.h"

static double
loss_with (Mlp      *mlp,
           TlTensor *x,
           TlTensor *target,
           guint     param,
           gsize     element,
           double    shift)
{
  double              *data = tl_variable_begin_write (mlp->params[param], NULL);
  double               before = data[element], loss;
  g_autoptr (TlTensor) result = NULL;

  data[element] = before + shift;
  result = mlp_loss (mlp, x, target, NULL);
  loss = number_of (result);
  data = tl_variable_begin_write (mlp->params[param], NULL);
  data[element] = before;
  return loss;
}

static void
test_gradients (void)
{
  Mlp                  mlp;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F64, 2, (const TlDim[]){ 7, 5 }, 10);
  g_autoptr (TlTensor) target = random_classes (7, 4, 11);
  g_autoptr (TlTensor) loss = NULL;

  mlp_init (&mlp, TL_DTYPE_F64, 5, 6, 4);
  loss = mlp_loss (&mlp, x, target, NULL);
  g_assert_true (tl_backward (loss, NULL, FALSE, NULL));
  for (guint p = 0; p < 4; p++) {
    TlTensor *grad = tl_variable_get_grad (mlp.params[p]);

    for (gsize i = 0; i < tl_tensor_get_n_elements (grad); i++) {
      double numeric = (loss_with (&mlp, x, target, p, i, 1e-6) - loss_with (&mlp, x, target, p, i, -1e-6)) / 2e-6;

      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (grad, i), numeric, 1e-8);
    }
  }
  mlp_clear (&mlp);
}

static void
test_accumulation (void)
{
  Mlp                  mlp;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F64, 2, (const TlDim[]){ 3, 5 }, 10);
  g_autoptr (TlTensor) target = random_classes (3, 4, 11);
  double               once = 0;

  mlp_init (&mlp, TL_DTYPE_F64, 5, 6, 4);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (TlTensor) loss = mlp_loss (&mlp, x, target, NULL);

    g_assert_true (tl_backward (loss, NULL, FALSE, NULL));
    if (i == 0)
      once = tl_tensor_peek_element (tl_variable_get_grad (mlp.params[0]), 3);
  }
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_grad (mlp.params[0]), 3), ==, 2 * once);
  mlp_clear (&mlp);
}

static void
test_twice (void)
{
  Mlp                  mlp;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 3, 5 }, 10);
  g_autoptr (TlTensor) target = random_classes (3, 4, 11);
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;

  mlp_init (&mlp, TL_DTYPE_F32, 5, 6, 4);
  loss = mlp_loss (&mlp, x, target, NULL);
  g_assert_true (tl_backward (loss, NULL, TRUE, NULL));
  g_assert_true (tl_backward (loss, NULL, FALSE, NULL));
  g_assert_false (tl_backward (loss, NULL, FALSE, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "released"));
  mlp_clear (&mlp);
}

/* y = x * x * x by way of repeated operands: dy/dx = 3 x x, d2y/dx2 = 6 x. */
static void
test_second_order (void)
{
  g_autoptr (TlTensor)    two = tl_tensor_new_from_data (TL_DTYPE_F64, 0, NULL, &(double){ 2 }, NULL);
  g_autoptr (TlVariable)  variable = tl_variable_new ("x", TL_VARIABLE_PARAMETER, two, NULL);
  g_autoptr (TlTensor)    x = tl_read (variable);
  static const TlExprName names[] = { { "a" }, { NULL } };
  g_autoptr (TlExpr)      cube = tl_expr_parse ("a * a * a", names, NULL);
  g_autoptr (TlTensor)    y = tl_map (cube, &x, 1, TL_RESULT_PROMOTED, NULL);
  g_autoptr (TlTensor)    dx = NULL;
  g_autoptr (TlTensor)    ddx = NULL;

  g_assert_true (tl_grad (&y, NULL, 1, &x, 1, TRUE, &dx, NULL));
  g_assert_cmpfloat (number_of (dx), ==, 12);
  g_assert_true (tl_grad (&dx, NULL, 1, &x, 1, FALSE, &ddx, NULL));
  g_assert_cmpfloat (number_of (ddx), ==, 12);
  g_assert_null (tl_variable_get_grad (variable));
}

static void
test_not_scalar (void)
{
  Mlp                  mlp;
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) w = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) plain = random_tensor (TL_DTYPE_F32, 0, NULL, 1);

  mlp_init (&mlp, TL_DTYPE_F32, 5, 6, 4);
  w = tl_read (mlp.params[0]);
  y = tl_relu (w, NULL);
  g_assert_false (tl_backward (y, NULL, FALSE, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_false (tl_backward (plain, NULL, FALSE, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  mlp_clear (&mlp);
}

static void
test_no_grad_and_detach (void)
{
  TlContext           *context = tl_context_get ();
  Mlp                  mlp;
  g_autoptr (TlTensor) w = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (TlTensor) detached = NULL;

  mlp_init (&mlp, TL_DTYPE_F32, 5, 6, 4);
  w = tl_read (mlp.params[0]);
  tl_context_set_grad_enabled (context, FALSE);
  y = tl_relu (w, NULL);
  tl_context_set_grad_enabled (context, TRUE);
  z = tl_relu (w, NULL);
  detached = tl_detach (z);
  g_assert_false (tl_tensor_requires_grad (y));
  g_assert_true (tl_tensor_requires_grad (z));
  g_assert_false (tl_tensor_requires_grad (detached));
  assert_same_bits (y, detached);
  mlp_clear (&mlp);
}

/* A chain longer than any stack, made and freed without recursion; memory is what it was. */
static void
test_long_chain (void)
{
  g_autoptr (TlTensor)   one = random_tensor (TL_DTYPE_F32, 0, NULL, 1);
  g_autoptr (TlVariable) variable = tl_variable_new ("x", TL_VARIABLE_PARAMETER, one, NULL);
  TlMemoryStats          before, after;
  TlTensor              *y = tl_read (variable);

  tl_memory_get_stats (&before);
  for (guint i = 0; i < 200000; i++) {
    TlTensor *next = tl_add (y, one, NULL);

    tl_tensor_unref (y);
    y = next;
  }
  g_assert_true (tl_backward (y, NULL, FALSE, NULL));
  tl_tensor_unref (y);
  g_assert_cmpfloat (number_of (tl_variable_get_grad (variable)), ==, 1);
  tl_variable_set_grad (variable, NULL);
  tl_memory_get_stats (&after);
  g_assert_cmpuint (after.n_live, ==, before.n_live);
}

#define N_ELEMENTS 12
#define MAX_PARTS 12

/* Parts of sin (x) along its last axis, each squared and weighed by its number: (transfer full) the sum. */
static TlTensor *
weigh_parts (TlTensor    *x,
             const guint *firsts,
             const guint *lengths,
             guint        n_parts)
{
  g_autoptr (TlTensor) y = tl_op_apply1 (&tl_op_sin, &x, 1, NULL, NULL);
  g_autoptr (TlTensor) sum = NULL;

  for (guint k = 0; k < n_parts; k++) {
    g_autoptr (TlTensor) part = tl_narrow (y, -1, firsts[k], lengths[k], NULL);
    g_autoptr (TlTensor) square = tl_mul (part, part, NULL);
    g_autoptr (TlTensor) weight = tl_tensor_new_number (k + 1, FALSE);
    g_autoptr (TlTensor) weighed = tl_mul (square, weight, NULL);
    g_autoptr (TlTensor) one = tl_sum (weighed, NULL, 0, FALSE, NULL);
    g_autoptr (TlTensor) before = g_steal_pointer (&sum);

    sum = before != NULL ? tl_add (before, one, NULL) : tl_tensor_ref (one);
  }
  return g_steal_pointer (&sum);
}

/* Gradients of parts that are the whole, in any order, that leave gaps or overlap; and second ones: c sin (2 x), 2 c cos (2 x). */
static void
test_parts (void)
{
  static const struct {
    guint n, firsts[MAX_PARTS], lengths[MAX_PARTS];
  } cases[] = {
    { 3, { 0, 4, 8 }, { 4, 4, 4 } },
    { 4, { 9, 0, 6, 1 }, { 3, 1, 3, 5 } },
    { 2, { 0, 5 }, { 5, 6 } },
    { 3, { 0, 4, 4 }, { 4, 8, 8 } },
    { 3, { 0, 3, 6 }, { 6, 3, 6 } },
    { 2, { 0, 0 }, { 12, 12 } },
    { 1, { 0 }, { 12 } },
    { 1, { 3 }, { 2 } },
    { 4, { 0, 5, 5, 5 }, { 5, 0, 7, 0 } },
    { 12, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TlTensor) values = random_tensor (TL_DTYPE_F64, 2, (const TlDim[]){ 2, N_ELEMENTS }, i);
    g_autoptr (TlTensor) x = tl_watch (values, NULL);
    g_autoptr (TlTensor) sum = weigh_parts (x, cases[i].firsts, cases[i].lengths, cases[i].n);
    g_autoptr (TlTensor) ones = tl_ones (2, (const TlDim[]){ 2, N_ELEMENTS }, TL_DTYPE_F64, NULL);
    g_autoptr (TlTensor) first = NULL;
    g_autoptr (TlTensor) second = NULL;

    g_assert_true (tl_grad (&sum, NULL, 1, &x, 1, TRUE, &first, NULL));
    g_assert_true (tl_grad (&first, &ones, 1, &x, 1, FALSE, &second, NULL));
    for (guint j = 0; j < 2 * N_ELEMENTS; j++) {
      double angle = 2 * tl_tensor_peek_element (values, j), c = 0;

      for (guint k = 0; k < cases[i].n; k++)
        if (j % N_ELEMENTS >= cases[i].firsts[k] && j % N_ELEMENTS < cases[i].firsts[k] + cases[i].lengths[k])
          c += k + 1;
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (first, j), c * sin (angle), 1e-12);
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (second, j), 2 * c * cos (angle), 1e-11);
    }
  }
}

/* Parts that are the whole meet in one copy, not in as many sums of zeros and them; also where the whole is open. */
static void
test_parts_of_a_plan (void)
{
  for (guint is_open = 0; is_open < 2; is_open++) {
    TlTrace             *trace = tl_trace_begin (tl_context_get ());
    const TlDim          shape[] = { 400, is_open ? tl_dim_symbol ("T") : N_ELEMENTS };
    g_autoptr (TlTensor) values = random_tensor (TL_DTYPE_F64, 2, (const TlDim[]){ 400, N_ELEMENTS }, 1);
    g_autoptr (TlTensor) input = NULL;
    g_autoptr (TlTensor) x = NULL;
    g_autoptr (TlTensor) y = NULL;
    g_autoptr (TlPlan)   plan = NULL;
    TlTensor            *parts[3] = { NULL }, *powers[3] = { NULL }, *dx = NULL;
    TlMeta               meta;
    TlPlanStats          stats;

    tl_meta_init (&meta, TL_DTYPE_F64, 2, shape);
    input = tl_trace_add_input (trace, &meta);
    x = tl_watch (input, NULL);
    y = tl_op_apply1 (&tl_op_sin, &x, 1, NULL, NULL);
    for (guint k = 0; k < 3; k++) {
      parts[k] = tl_narrow (y, 1, 4 * k, k < 2 ? 4 : tl_dim_sub (shape[1], 8), NULL);
      powers[k] = tl_op_apply1 (&tl_op_exp, &parts[k], 1, NULL, NULL);
    }
    g_assert_true (tl_grad (powers, parts, 3, &x, 1, FALSE, &dx, NULL));
    plan = tl_plan_new (trace, &dx, 1, TL_PLAN_UNFUSED, NULL);
    g_assert_true (tl_plan_run (plan, &values, 1, NULL));
    for (guint j = 0; j < 400 * N_ELEMENTS; j++) {
      double v = tl_tensor_peek_element (values, j);

      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_plan_peek_output (plan, 0), j), sin (v) * exp (sin (v)) * cos (v), 1e-12);
    }
    tl_plan_get_stats (plan, &stats);
    g_test_message ("%u nodes, %zu bytes", stats.n_nodes, stats.n_arena);
    /* Zeros with a part in them, three times, and their sums would be 14 nodes and three times the whole. */
    g_assert_cmpuint (stats.n_nodes, <=, 10);
    g_assert_cmpuint (stats.n_arena, <=, 2 * 400 * N_ELEMENTS * sizeof (double));
    for (guint k = 0; k < 3; k++) {
      tl_tensor_unref (parts[k]);
      tl_tensor_unref (powers[k]);
    }
    tl_tensor_unref (dx);
  }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/autodiff/gradients", test_gradients);
  g_test_add_func ("/graph/autodiff/accumulation", test_accumulation);
  g_test_add_func ("/graph/autodiff/twice", test_twice);
  g_test_add_func ("/graph/autodiff/second-order", test_second_order);
  g_test_add_func ("/graph/autodiff/parts", test_parts);
  g_test_add_func ("/graph/autodiff/parts-of-a-plan", test_parts_of_a_plan);
  g_test_add_func ("/graph/autodiff/not-scalar", test_not_scalar);
  g_test_add_func ("/graph/autodiff/no-grad-and-detach", test_no_grad_and_detach);
  g_test_add_func ("/graph/autodiff/long-chain", test_long_chain);
  return g_test_run ();
}
