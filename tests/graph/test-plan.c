/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/graph/attr.h"
#include "core/kernels/update.h"
#include "graph-util.h"

/* A step with a symbolic batch that leaves gradients: the loss is its output. */
static TlPlan *
plan_of (Mlp        *mlp,
         TlDType     dtype,
         gint64      n_in,
         TlPlanFlags flags)
{
  TlContext           *context = tl_context_get ();
  TlTrace             *trace = tl_trace_begin (context);
  TlDim                n = tl_dim_symbol ("N");
  TlMeta               meta;
  TlPlan              *plan;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;

  tl_meta_init (&meta, dtype, 2, (const TlDim[]){ n, n_in });
  x = tl_trace_add_input (trace, &meta);
  tl_meta_init (&meta, TL_DTYPE_I64, 1, &n);
  target = tl_trace_add_input (trace, &meta);
  for (guint i = 0; i < 4; i++)
    tl_trace_clear_grad (mlp->params[i]);
  loss = mlp_loss (mlp, x, target, &error);
  g_assert_no_error (error);
  g_assert_true (tl_backward (loss, NULL, FALSE, &error));
  plan = tl_plan_new (trace, &loss, 1, flags, &error);
  g_assert_no_error (error);
  g_assert_false (tl_trace_is_active (context));
  return plan;
}

static void
run_plan (TlPlan   *plan,
          TlTensor *x,
          TlTensor *target)
{
  TlTensor          *inputs[] = { x, target };
  g_autoptr (GError) error = NULL;

  tl_plan_run (plan, inputs, 2, &error);
  g_assert_no_error (error);
}

/* Eager, planned, and planned node by node give the same bits, for several batch sizes with one plan. */
static void
test_same_bits (void)
{
  Mlp                 mlp;
  g_autoptr (TlPlan)  fused = NULL;
  g_autoptr (TlPlan)  unfused = NULL;
  static const gint64 sizes[] = { 64, 7, 1, 64, 33 };
  TlPlanStats         stats;

  mlp_init (&mlp, TL_DTYPE_F32, 20, 32, 10);
  fused = plan_of (&mlp, TL_DTYPE_F32, 20, 0);
  unfused = plan_of (&mlp, TL_DTYPE_F32, 20, TL_PLAN_UNFUSED);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ sizes[i], 20 }, i);
    g_autoptr (TlTensor) target = random_classes (sizes[i], 10, i);
    g_autoptr (TlTensor) loss = NULL;
    TlTensor            *grads[4];

    for (guint p = 0; p < 4; p++)
      tl_variable_set_grad (mlp.params[p], NULL);
    loss = mlp_loss (&mlp, x, target, NULL);
    g_assert_true (tl_backward (loss, NULL, FALSE, NULL));
    for (guint p = 0; p < 4; p++)
      grads[p] = tl_tensor_ref (tl_variable_get_grad (mlp.params[p]));
    for (guint k = 0; k < 2; k++) {
      TlPlan *plan = k == 0 ? fused : unfused;

      run_plan (plan, x, target);
      assert_same_bits (tl_plan_peek_output (plan, 0), loss);
      for (guint p = 0; p < 4; p++)
        assert_same_bits (tl_variable_get_grad (mlp.params[p]), grads[p]);
    }
    for (guint p = 0; p < 4; p++)
      tl_tensor_unref (grads[p]);
  }
  tl_plan_get_stats (fused, &stats);
  g_assert_cmpuint (stats.n_fused, >=, 2);
  g_assert_cmpuint (stats.n_bindings, ==, 4);
  mlp_clear (&mlp);
}

static void
test_threads (void)
{
  Mlp                  mlp;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 256, 300 }, 1);
  g_autoptr (TlTensor) target = random_classes (256, 10, 1);
  TlTensor            *grads[3] = { NULL };

  mlp_init (&mlp, TL_DTYPE_F32, 300, 200, 10);
  for (guint n = 1; n <= 3; n++) {
    g_autoptr (TlContext) context = tl_context_new (n);
    TlContext            *before = tl_context_make_current (context);
    g_autoptr (TlPlan)    plan = plan_of (&mlp, TL_DTYPE_F32, 300, 0);

    run_plan (plan, x, target);
    grads[n - 1] = tl_tensor_new_from_data (TL_DTYPE_F32, 2, (const TlDim[]){ 200, 300 },
                                            tl_tensor_peek_data (tl_variable_get_grad (mlp.params[0])), NULL);
    tl_context_make_current (before);
  }
  assert_same_bits (grads[0], grads[1]);
  assert_same_bits (grads[0], grads[2]);
  for (guint i = 0; i < 3; i++)
    tl_tensor_unref (grads[i]);
  mlp_clear (&mlp);
}

static void
test_flat_memory (void)
{
  Mlp                  mlp;
  g_autoptr (TlPlan)   plan = NULL;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 16, 20 }, 1);
  g_autoptr (TlTensor) target = random_classes (16, 10, 1);
  TlMemoryStats        before, after;

  mlp_init (&mlp, TL_DTYPE_F32, 20, 32, 10);
  plan = plan_of (&mlp, TL_DTYPE_F32, 20, 0);
  run_plan (plan, x, target);
  run_plan (plan, x, target);
  tl_memory_get_stats (&before);
  for (guint i = 0; i < 1000; i++)
    run_plan (plan, x, target);
  tl_memory_get_stats (&after);
  g_assert_cmpuint (after.n_allocs, ==, before.n_allocs);
  g_assert_cmpuint (after.n_live, ==, before.n_live);
  mlp_clear (&mlp);
}

/* a, b = b, a + b in one step: both read what was before the step. */
static void
test_assignments (void)
{
  TlContext             *context = tl_context_get ();
  g_autoptr (TlTensor)   zero = tl_tensor_new_from_data (TL_DTYPE_F32, 0, NULL, &(float){ 0 }, NULL);
  g_autoptr (TlTensor)   one = tl_tensor_new_from_data (TL_DTYPE_F32, 0, NULL, &(float){ 1 }, NULL);
  g_autoptr (TlVariable) a = tl_variable_new ("a", TL_VARIABLE_STATE, zero, NULL);
  g_autoptr (TlVariable) b = tl_variable_new ("b", TL_VARIABLE_STATE, one, NULL);
  g_autoptr (TlPlan)     plan = NULL;
  TlTrace               *trace = tl_trace_begin (context);

  {
    g_autoptr (TlTensor) old_a = tl_read (a);
    g_autoptr (TlTensor) old_b = tl_read (b);
    g_autoptr (TlTensor) sum = tl_add (old_a, old_b, NULL);
    g_autoptr (TlTensor) again = NULL;

    g_assert_true (tl_assign (a, old_b, NULL));
    g_assert_true (tl_assign (b, sum, NULL));
    again = tl_read (a);
    plan = tl_plan_new (trace, &again, 1, 0, NULL);
  }
  for (guint i = 0; i < 10; i++)
    g_assert_true (tl_plan_run (plan, NULL, 0, NULL));
  g_assert_cmpfloat (number_of (tl_variable_get_value (a)), ==, 55);
  g_assert_cmpfloat (number_of (tl_variable_get_value (b)), ==, 89);
  g_assert_cmpfloat (number_of (tl_plan_peek_output (plan, 0)), ==, 55);
}

static void
test_accumulates_gradients (void)
{
  TlContext             *context = tl_context_get ();
  g_autoptr (TlTensor)   one = tl_tensor_new_from_data (TL_DTYPE_F32, 0, NULL, &(float){ 3 }, NULL);
  g_autoptr (TlVariable) x = tl_variable_new ("x", TL_VARIABLE_PARAMETER, one, NULL);
  g_autoptr (TlPlan)     plan = NULL;
  TlTrace               *trace;

  tl_variable_set_grad (x, one);
  trace = tl_trace_begin (context);
  {
    g_autoptr (TlTensor) value = tl_read (x);
    g_autoptr (TlTensor) sum = tl_add (value, value, NULL);

    g_assert_true (tl_backward (sum, NULL, FALSE, NULL));
    plan = tl_plan_new (trace, NULL, 0, 0, NULL);
  }
  for (guint i = 0; i < 3; i++)
    g_assert_true (tl_plan_run (plan, NULL, 0, NULL));
  g_assert_cmpfloat (number_of (tl_variable_get_grad (x)), ==, 9);
  g_assert_cmpfloat (number_of (one), ==, 3);
}

static void
test_cancel (void)
{
  TlContext           *context = tl_context_get ();
  Mlp                  mlp;
  g_autoptr (TlPlan)   plan = NULL;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 16, 20 }, 1);
  g_autoptr (TlTensor) target = random_classes (16, 10, 1);
  g_autoptr (TlTensor) before = NULL;
  g_autoptr (GError)   error = NULL;
  TlTensor            *inputs[] = { x, target };

  mlp_init (&mlp, TL_DTYPE_F32, 20, 32, 10);
  plan = plan_of (&mlp, TL_DTYPE_F32, 20, 0);
  run_plan (plan, x, target);
  before = tl_contiguous (tl_variable_get_grad (mlp.params[0]), NULL);
  tl_context_cancel (context);
  g_assert_false (tl_plan_run (plan, inputs, 2, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (tl_relu (x, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
  tl_context_clear_cancel (context);
  assert_same_bits (before, tl_variable_get_grad (mlp.params[0]));
  run_plan (plan, x, target);
  mlp_clear (&mlp);
}

static void
test_wrong_inputs (void)
{
  Mlp                  mlp;
  g_autoptr (TlPlan)   plan = NULL;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 16, 21 }, 1);
  g_autoptr (TlTensor) good = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 16, 20 }, 1);
  g_autoptr (TlTensor) wide = random_tensor (TL_DTYPE_F64, 2, (const TlDim[]){ 16, 20 }, 1);
  g_autoptr (TlTensor) target = random_classes (16, 10, 1);
  g_autoptr (TlTensor) few = random_classes (15, 10, 1);
  TlTensor            *inputs[3][2] = { { x, target }, { wide, target }, { good, few } };
  static const TlError codes[] = { TL_ERROR_SHAPE, TL_ERROR_DTYPE, TL_ERROR_SHAPE };

  mlp_init (&mlp, TL_DTYPE_F32, 20, 32, 10);
  plan = plan_of (&mlp, TL_DTYPE_F32, 20, 0);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (tl_plan_run (plan, inputs[i], 2, &error));
    g_assert_error (error, TL_ERROR, codes[i]);
  }
  mlp_clear (&mlp);
}

/* Numbers in the text become constants; equal work is done once; what nobody wants is not done. */
static void
test_passes (void)
{
  TlContext           *context = tl_context_get ();
  TlTrace             *trace = tl_trace_begin (context);
  TlMeta               meta;
  TlPlanStats          stats;
  g_autoptr (TlPlan)   plan = NULL;
  g_autoptr (TlTensor) number = tl_tensor_new_number (2, FALSE);
  g_autoptr (TlTensor) input = random_tensor (TL_DTYPE_F32, 1, (const TlDim[]){ 5 }, 3);
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) y = NULL;

  tl_meta_init (&meta, TL_DTYPE_F32, 1, (const TlDim[]){ 5 });
  x = tl_trace_add_input (trace, &meta);
  {
    g_autoptr (TlTensor) a = tl_add (x, number, NULL);
    g_autoptr (TlTensor) b = tl_add (x, number, NULL);
    g_autoptr (TlTensor) unused = tl_relu (a, NULL);
    g_autoptr (TlTensor) sum = tl_add (a, b, NULL);

    y = tl_relu (sum, NULL);
    g_assert_nonnull (unused);
  }
  plan = tl_plan_new (trace, &y, 1, 0, NULL);
  tl_plan_get_stats (plan, &stats);
  g_assert_cmpuint (stats.n_nodes, ==, 1);
  g_assert_true (tl_plan_run (plan, &input, 1, NULL));
  for (guint i = 0; i < 5; i++) {
    float in = ((float *)tl_tensor_peek_data (input))[i];

    g_assert_cmpfloat (tl_tensor_peek_element (tl_plan_peek_output (plan, 0), i), ==, fmaxf (2 * (in + 2), 0));
  }
}

/* An index out of range is an error that names it, at once and in a plan, which then works on with good ones. */
static void
test_index (void)
{
  const TlDim          n = 3;
  static const gint64  good[] = { 4, 0, -5 }, bad[] = { 4, 5, -6 };
  TlTrace             *trace;
  TlMeta               meta;
  g_autoptr (TlTensor) table = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 5, 4 }, 3);
  g_autoptr (TlTensor) right = tl_tensor_new_from_data (TL_DTYPE_I64, 1, &n, good, NULL);
  g_autoptr (TlTensor) wrong = tl_tensor_new_from_data (TL_DTYPE_I64, 1, &n, bad, NULL);
  g_autoptr (TlTensor) want = tl_embedding (right, table, NULL);
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlPlan)   plan = NULL;
  g_autoptr (GError)   error = NULL;

  g_assert_null (tl_embedding (wrong, table, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "embedding: index_select: index 5 at position 1 is out of range for a size of 5");
  g_clear_error (&error);
  trace = tl_trace_begin (tl_context_get ());
  tl_meta_init (&meta, TL_DTYPE_I64, 1, &n);
  index = tl_trace_add_input (trace, &meta);
  y = tl_embedding (index, table, NULL);
  plan = tl_plan_new (trace, &y, 1, 0, NULL);
  g_assert_false (tl_plan_run (plan, &wrong, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "index_select: index 5 at position 1 is out of range for a size of 5");
  g_assert_true (tl_plan_run (plan, &right, 1, NULL));
  assert_same_bits (tl_plan_peek_output (plan, 0), want);
}

/* The first NaN or Inf stops the step, in all floating dtypes. */
static void
test_not_finite (void)
{
  static const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_F16, TL_DTYPE_BF16 };

  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    const TlDim            n = 4;
    g_autoptr (TlTensor)   first = random_tensor (TL_DTYPE_F32, 1, &n, 1);
    g_autoptr (TlTensor)   second = random_tensor (TL_DTYPE_F32, 1, &n, 2);
    g_autoptr (TlTensor)   value = tl_cast (first, dtypes[i], NULL);
    g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, NULL);
    g_autoptr (TlTensor)   input = tl_cast (second, dtypes[i], NULL);
    TlTrace               *trace = tl_trace_begin (tl_context_get ());
    g_autoptr (TlTensor)   x = tl_trace_add_input (trace, tl_tensor_get_meta (input));
    g_autoptr (TlTensor)   w = tl_read (variable);
    g_autoptr (TlTensor)   product = tl_mul (w, x, NULL);
    g_autoptr (TlTensor)   scalars = tl_full (1, (const TlDim[]){ sizeof (TlSgdScalars) / sizeof (double) }, 0.5, TL_DTYPE_F64, NULL);
    TlAttrValue            attrs[TL_OP_MAX_ATTRS];
    g_autoptr (TlPlan)     plan = NULL;
    g_autoptr (GError)     error = NULL;

    tl_attr_init_defaults (tl_op_sgd_update.attrs, attrs);
    attrs[0].i = 1;
    g_assert_true (tl_op_update (&tl_op_sgd_update, &variable, 1, (TlTensor *[]){ product, scalars }, 2, attrs, &error));
    plan = tl_plan_new (trace, &product, 1, TL_PLAN_CHECKED, NULL);
    g_assert_true (tl_plan_run (plan, &input, 1, &error));
    g_clear_pointer (&value, tl_tensor_unref);
    value = tl_contiguous (tl_variable_get_value (variable), NULL);
    if (dtypes[i] == TL_DTYPE_F64)
      ((double *)tl_tensor_peek_data (input))[2] = INFINITY;
    else if (dtypes[i] == TL_DTYPE_F16)
      ((guint16 *)tl_tensor_peek_data (input))[2] = 0xFC00;
    else if (dtypes[i] == TL_DTYPE_BF16)
      ((guint16 *)tl_tensor_peek_data (input))[2] = 0x7FC0;
    else
      ((float *)tl_tensor_peek_data (input))[2] = NAN;
    g_assert_false (tl_plan_run (plan, &input, 1, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_NUMERIC);
    g_assert_nonnull (strstr (error->message, "input 1 of the step holds a NaN or Inf"));
    assert_same_bits (tl_variable_get_value (variable), value);
  }
}

static TlTensor *
at_node (const char *node,
         TlTensor *(*op) (TlTensor *x,
                          GError  **error),
         TlTensor *x)
{
  const TlSource source = { .cell = "cell", .node = node };
  TlTensor      *y;

  tl_context_set_source (tl_context_get (), &source);
  y = op (x, NULL);
  tl_context_set_source (tl_context_get (), NULL);
  return y;
}

/* log (sqrt (w x)): at 0 the logarithm is infinite; at a tiny number only the gradient of the root is. */
static void
check_blame (float       x,
             gboolean    with_log,
             const char *message)
{
  const float            one = 1;
  g_autoptr (TlTensor)   value = tl_tensor_new_from_data (TL_DTYPE_F32, 0, NULL, &one, NULL);
  g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, NULL);
  g_autoptr (TlTensor)   input = tl_tensor_new_from_data (TL_DTYPE_F32, 0, NULL, &x, NULL);
  TlTrace               *trace = tl_trace_begin (tl_context_get ());
  g_autoptr (TlTensor)   in = tl_trace_add_input (trace, tl_tensor_get_meta (input));
  g_autoptr (TlTensor)   w = tl_read (variable);
  g_autoptr (TlTensor)   product = tl_mul (w, in, NULL);
  g_autoptr (TlTensor)   root = at_node ("root", tl_sqrt, product);
  g_autoptr (TlTensor)   y = with_log ? at_node ("log", tl_log, root) : tl_tensor_ref (root);
  g_autoptr (TlTensor)   scalars = tl_full (1, (const TlDim[]){ sizeof (TlSgdScalars) / sizeof (double) }, 0.5, TL_DTYPE_F64, NULL);
  g_autoptr (TlTensor)   grad = NULL;
  TlAttrValue            attrs[TL_OP_MAX_ATTRS];
  g_autoptr (TlPlan)     plan = NULL;
  g_autoptr (GError)     error = NULL;

  g_assert_true (tl_grad (&y, NULL, 1, &w, 1, FALSE, &grad, &error));
  tl_attr_init_defaults (tl_op_sgd_update.attrs, attrs);
  attrs[0].i = 1;
  g_assert_true (tl_op_update (&tl_op_sgd_update, &variable, 1, (TlTensor *[]){ grad, scalars }, 2, attrs, &error));
  plan = tl_plan_new (trace, &y, 1, TL_PLAN_CHECKED, NULL);
  g_assert_false (tl_plan_run (plan, &input, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NUMERIC);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (variable), 0), ==, 1);
}

/* The node is named, though it was fused with others: in the forward pass, and in the backward pass whose gradient it is. */
static void
test_blame (void)
{
  check_blame (0, TRUE, "log made an Inf in its result of shape [] at node log; the step was not taken");
  check_blame (-1, FALSE, "sqrt made a NaN in its result of shape [] at node root; the step was not taken");
  check_blame (0, FALSE, "map made an Inf in its result of shape [] for the gradient of node root; the step was not taken");
}

/* The gradient of max pooling does the mask of the ReLU before it, with the same bits. */
static void
test_pool_mask (void)
{
  static const gint64  kernel[] = { 2, 2 }, none[] = { 0, 0 };
  const TlDim          shape[] = { 3, 20, 9, 8 };
  g_autoptr (TlTensor) value = random_tensor (TL_DTYPE_F32, 4, shape, 5);
  TlVariable          *variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, NULL);
  TlTensor            *grads[2];

  for (guint planned = 0; planned < 2; planned++) {
    TlTrace             *trace = planned ? tl_trace_begin (tl_context_get ()) : NULL;
    g_autoptr (TlTensor) x = NULL;
    g_autoptr (TlTensor) active = NULL;
    g_autoptr (TlTensor) pooled = NULL;
    g_autoptr (TlTensor) squares = NULL;
    g_autoptr (TlTensor) loss = NULL;

    tl_trace_clear_grad (variable);
    x = tl_read (variable);
    active = tl_relu (x, NULL);
    pooled = tl_max_pool2d (active, kernel, NULL, none, NULL);
    squares = tl_square (pooled, NULL);
    loss = tl_sum (squares, NULL, 0, FALSE, NULL);
    g_assert_true (tl_backward (loss, NULL, FALSE, NULL));
    if (planned) {
      g_autoptr (TlPlan) plan = tl_plan_new (trace, &loss, 1, 0, NULL);
      g_autofree char   *text = tl_plan_to_string (plan);

      g_assert_null (strstr (text, "select"));
      g_assert_true (tl_plan_run (plan, NULL, 0, NULL));
    }
    grads[planned] = tl_tensor_ref (tl_variable_get_grad (variable));
    tl_variable_set_grad (variable, NULL);
  }
  assert_same_bits (grads[0], grads[1]);
  tl_tensor_unref (grads[0]);
  tl_tensor_unref (grads[1]);
  tl_variable_unref (variable);
}

/* A sum of a product and its transposition does not take the block of the product, which it reads in two orders. */
static void
test_two_orders (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = tl_randn (2, (const TlDim[]){ 40, 40 }, 0, 1, TL_DTYPE_F32, tl_context_get_random_counter (tl_context_get ()), &error);
  g_autoptr (TlTensor) planned = NULL;
  g_autoptr (TlPlan)   plan = NULL;

  g_assert_no_error (error);
  for (guint traced = 0; traced < 2; traced++) {
    TlTrace             *trace = traced != 0 ? tl_trace_begin (tl_context_get ()) : NULL;
    g_autoptr (TlTensor) product = tl_matmul (x, x, &error);
    g_autoptr (TlTensor) turned = tl_transpose (product, 0, 1, &error);
    g_autoptr (TlTensor) y = tl_add (product, turned, &error);

    g_assert_no_error (error);
    if (traced != 0)
      plan = tl_plan_new (trace, &y, 1, 0, &error);
    else
      planned = tl_tensor_ref (y);
  }
  g_assert_no_error (error);
  tl_plan_run (plan, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (tl_tensor_peek_data (planned), 1600 * sizeof (float), tl_tensor_peek_data (tl_plan_peek_output (plan, 0)), 1600 * sizeof (float));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/plan/same-bits", test_same_bits);
  g_test_add_func ("/graph/plan/threads", test_threads);
  g_test_add_func ("/graph/plan/flat-memory", test_flat_memory);
  g_test_add_func ("/graph/plan/assignments", test_assignments);
  g_test_add_func ("/graph/plan/accumulates-gradients", test_accumulates_gradients);
  g_test_add_func ("/graph/plan/cancel", test_cancel);
  g_test_add_func ("/graph/plan/wrong-inputs", test_wrong_inputs);
  g_test_add_func ("/graph/plan/passes", test_passes);
  g_test_add_func ("/graph/plan/index", test_index);
  g_test_add_func ("/graph/plan/not-finite", test_not_finite);
  g_test_add_func ("/graph/plan/blame", test_blame);
  g_test_add_func ("/graph/plan/pool-mask", test_pool_mask);
  g_test_add_func ("/graph/plan/two-orders", test_two_orders);
  return g_test_run ();
}
