/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row in f16 and bf16: the result is that of f32 on the same numbers, rounded once; gradients follow those of f32; a plan gives the
 * same bits; and what autocast makes of rows.
 */
#include <math.h>
#include <string.h>

#include "core/graph/autodiff.h"
#include "core/graph/plan.h"
#include "core/kernels/half.h"
#include "tests/op/sample.h"

#define MAX_OUT (TL_OP_MAX_OUT + CASE_MAX_IN)

static double
round_to (TlDType dtype,
          double  value)
{
  return dtype == TL_DTYPE_F16 ? tl_f16_to_f32 (tl_f32_to_f16 ((float)value)) : tl_bf16_to_f32 (tl_f32_to_bf16 ((float)value));
}

static double
epsilon_of (TlDType dtype)
{
  return dtype == TL_DTYPE_F16 ? 0x1p-11 : 0x1p-8;
}

static gboolean
is_half (TlDType dtype)
{
  return dtype == TL_DTYPE_F16 || dtype == TL_DTYPE_BF16;
}

static void
unref_all (TlTensor **tensors,
           guint      n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], tl_tensor_unref);
}

/* Random numbers are made in the tested dtype. */
static void
set_dtype_attrs (Case   *self,
                 TlDType dtype)
{
  for (guint i = 0; self->op->attrs != NULL && self->op->attrs[i].name != NULL; i++)
    if (self->op->attrs[i].type == TL_ATTR_DTYPE && (self->op->flags & TL_OP_RANDOM) != 0 && tl_dtype_is_float ((TlDType)self->attrs[i].i))
      self->attrs[i].i = dtype;
}

/* Results, then gradients of the sum of all results that have one; NULL for a gradient that is zero. */
static guint
compute (Case      *self,
         TlTensor **results)
{
  TlTensor          *in[CASE_MAX_IN] = { NULL }, *x[CASE_MAX_IN], *y[MAX_OUT], *dy[MAX_OUT];
  guint              n_out = case_get_n_out (self), n_x = 0, n_y = 0;
  guint              n_ports = tl_op_get_n_ports (self->op->in);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->n_in; i++) {
    gboolean flows = self->in[i].is_tested && (self->op->in[MIN (i, n_ports - 1)].flags & TL_PORT_NODIFF) == 0;

    in[i] = flows ? tl_read (self->in[i].variable) : case_get_operand (self, i, LAYOUT_CONTIGUOUS);
    if (flows)
      x[n_x++] = in[i];
  }
  tl_op_apply (self->op, in, self->n_in, self->attrs, results, n_out, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n_x; i++)
    results[n_out + i] = NULL;
  for (guint i = 0; i < n_out; i++)
    if (tl_tensor_requires_grad (results[i])) {
      y[n_y] = results[i];
      dy[n_y] = tl_ones (tl_tensor_get_rank (y[n_y]), tl_tensor_get_shape (y[n_y]), tl_tensor_get_dtype (y[n_y]), &error);
      g_assert_no_error (error);
      n_y++;
    }
  if (n_y > 0) {
    tl_grad (y, dy, n_y, x, n_x, FALSE, results + n_out, &error);
    g_assert_no_error (error);
  }
  unref_all (dy, n_y);
  unref_all (in, self->n_in);
  return n_out + n_x;
}

static double
largest (TlTensor *tensor)
{
  double most = 0;

  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++) {
    double value = fabs (tl_tensor_peek_element (tensor, i));

    most = isfinite (value) ? MAX (most, value) : most;
  }
  return most;
}

/* @n_ulps = 0: exactly what f32 gives, rounded. */
static void
assert_rounded (Case       *self,
                const char *what,
                TlTensor   *half,
                TlTensor   *wide,
                double      n_ulps)
{
  TlDType dtype = tl_tensor_get_dtype (half);
  double  limit = n_ulps * (is_half (dtype) ? epsilon_of (dtype) : 0) * (1 + largest (wide));

  g_assert_true (tl_meta_same_shape (tl_tensor_get_meta (half), tl_tensor_get_meta (wide)));
  for (gsize i = 0; i < tl_tensor_get_n_elements (half); i++) {
    double x = tl_tensor_peek_element (half, i), y = tl_tensor_peek_element (wide, i);
    double rounded = is_half (dtype) ? round_to (dtype, y) : y;

    if (x == rounded || (isnan (x) && isnan (y)) || fabs (x - y) <= limit)
      continue;
    g_test_message ("%s in %s: %s: element %zu is %.9g, f32 gives %.9g", self->op->name, tl_dtype_name (self->dtype), what, i, x, y);
    g_test_fail ();
    return;
  }
}

static void
check_plan (Case       *self,
            TlTensor  **eager,
            guint       n,
            TlPlanFlags flags)
{
  TlTrace           *trace = tl_trace_begin (tl_context_get ());
  TlTensor          *results[MAX_OUT] = { NULL }, *outputs[MAX_OUT];
  guint              n_outputs = 0, k = 0;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  compute (self, results);
  for (guint i = 0; i < n; i++)
    if (results[i] != NULL)
      outputs[n_outputs++] = results[i];
  plan = tl_plan_new (trace, outputs, n_outputs, flags, &error);
  g_assert_no_error (error);
  unref_all (results, n);
  tl_plan_run (plan, NULL, 0, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    if (eager[i] != NULL)
      assert_rounded (self, flags == 0 ? "plan" : "plan, unfused", tl_plan_peek_output (plan, k++), eager[i], 0);
}

/* The numbers that the 16-bit case has. */
static void
copy_values (const Case *from,
             Case       *to)
{
  for (guint i = 0; i < from->n_in; i++)
    memcpy (to->in[i].values, from->in[i].values, from->in[i].n * sizeof (double));
  case_update_variables (to);
}

static void
check (const TlOpClass *op,
       const TlSample  *sample,
       TlDType          dtype)
{
  g_autoptr (Case) half = case_new (op, sample, dtype);
  g_autoptr (Case) wide = case_new (op, sample, TL_DTYPE_F32);
  TlTensor        *a[MAX_OUT] = { NULL }, *b[MAX_OUT] = { NULL };
  guint            n_out = case_get_n_out (half), n;
  gboolean         is_composite = op->expr == NULL && op->prepare == NULL && (op->flags & TL_OP_VIEW) == 0;
  double           n_ulps = is_composite && op->precision == TL_PRECISION_NARROW ? 4 : 0;

  set_dtype_attrs (half, dtype);
  copy_values (half, wide);
  n = compute (half, a);
  g_assert_cmpuint (compute (wide, b), ==, n);
  for (guint i = 0; i < n; i++) {
    g_assert_true ((a[i] == NULL) == (b[i] == NULL));
    if (a[i] != NULL)
      assert_rounded (half, i < n_out ? "result" : "gradient", a[i], b[i], i < n_out ? n_ulps : 16);
  }
  if ((op->flags & TL_OP_DATA_SIZED) == 0) {
    check_plan (half, a, n, TL_PLAN_UNFUSED);
    check_plan (half, a, n, 0);
  }
  unref_all (a, n);
  unref_all (b, n);
}

static void
test_row (gconstpointer data)
{
  const TlOpClass *op = data;

  for (const TlSample *sample = op->samples; sample != NULL && sample->shapes != NULL; sample++) {
    check (op, sample, TL_DTYPE_BF16);
    check (op, sample, TL_DTYPE_F16);
    if (g_test_failed ())
      g_test_message ("%s: in the sample \"%s\" {%s}", op->name, sample->shapes, sample->attrs != NULL ? sample->attrs : "");
  }
}

/* Kernels are cut into tiles, and other operands stand between. */
static void
test_tiles (void)
{
  static const struct {
    const char *op;
    TlSample    sample;
  } cases[] = {
    { "softmax", { "600,300" } },
    { "linear", { "200,300; 250,300; 250" } },
    { "conv2d", { "8,8,24,24; 16,8,3,3; 16", "padding = {1}" } },
    { "max_pool2d", { "8,16,32,32", "kernel_size = {2}" } },
    { "layer_norm", { "500,300; 300; 300", "normalized_shape = {300}" } },
    { "cross_entropy", { "3000,50; i64:3000<50" } },
    { "cumsum", { "70000,3", "dim = 0" } },
    { "sort", { "150000" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check (tl_op_find (cases[i].op), &cases[i].sample, TL_DTYPE_BF16);
}

/* A transposed, a strided and a repeated operand. */
static void
test_layouts (void)
{
  const TlSample   sample = { "5,4; 4,3" };
  g_autoptr (Case) half = case_new (tl_op_find ("matmul"), &sample, TL_DTYPE_BF16);
  g_autoptr (Case) wide = case_new (tl_op_find ("matmul"), &sample, TL_DTYPE_F32);

  copy_values (half, wide);
  for (CaseLayout layout = LAYOUT_PERMUTED; layout < N_LAYOUTS; layout++) {
    TlTensor *a[2], *b[2];

    for (guint i = 0; i < 2; i++) {
      a[i] = case_get_operand (half, i, layout);
      b[i] = case_get_operand (wide, i, layout);
    }
    {
      g_autoptr (TlTensor) x = tl_matmul (a[0], a[1], NULL);
      g_autoptr (TlTensor) y = tl_matmul (b[0], b[1], NULL);

      assert_rounded (half, "layout", x, y, 0);
    }
    unref_all (a, 2);
    unref_all (b, 2);
  }
}

/* Statistics of many numbers far from 0, which 16 bits cannot add up: as in f64, rounded once. */
static void
test_statistics (void)
{
  static const struct {
    const char *row;
    TlSample    sample;
  } cases[] = {
    { "layer_norm", { "2,8192; 8192; 8192", "normalized_shape = {8192}", 99, 101 } },
    { "rms_norm", { "2,8192; 8192", "normalized_shape = {8192}", 99, 101 } },
    { "group_norm", { "2,4,2048; 4; 4", "num_groups = 2", 99, 101 } },
    { "instance_norm", { "2,2,4096; 2; 2", NULL, 99, 101 } },
    { "batch_norm", { "64,2,8,8; 2; 2", NULL, 99, 101 } },
    { "softmax", { "2,8192", "dim = 1", 0, 1 } },
    { "mean", { "3,8192", "dim = {1}", 99, 101 } },
    { "var", { "3,8192", "dim = {1}", 99, 101 } },
    { "sum", { "3,8192", "dim = {1}", 0.5, 1 } },
    { "logsumexp", { "3,8192", "dim = {1}", 9, 10 } },
  };

  for (guint k = 0; k < 2 * G_N_ELEMENTS (cases); k++) {
    const TlOpClass *op = tl_op_find (cases[k / 2].row);
    g_autoptr (Case) half = case_new (op, &cases[k / 2].sample, k % 2 == 0 ? TL_DTYPE_BF16 : TL_DTYPE_F16);
    g_autoptr (Case) wide = case_new (op, &cases[k / 2].sample, TL_DTYPE_F64);
    TlTensor        *a[MAX_OUT] = { NULL }, *b[MAX_OUT] = { NULL };
    guint            n;

    copy_values (half, wide);
    n = compute (half, a);
    compute (wide, b);
    for (gsize i = 0; i < tl_tensor_get_n_elements (a[0]); i++) {
      double x = tl_tensor_peek_element (a[0], i), y = tl_tensor_peek_element (b[0], i);

      if (fabs (x - y) > (0.5001 * 2 * epsilon_of (half->dtype) * fabs (y) + 1e-6))
        g_error ("%s in %s: element %zu is %.9g, f64 gives %.9g", op->name, tl_dtype_name (half->dtype), i, x, y);
    }
    unref_all (a, n);
    unref_all (b, n);
  }
}

/* Two layers with ReLUs in 16 bits, whose gradients mask: fused, unfused and at once the same bits. */
static void
test_fused (void)
{
  const TlDim            shape[] = { 37, 29 };
  g_autoptr (TlTensor)   first = tl_randn (2, shape, 0, 1, TL_DTYPE_F32, NULL, NULL);
  g_autoptr (TlTensor)   second = tl_randn (2, (const TlDim[]){ 29, 37 }, 0, 1, TL_DTYPE_F32, NULL, NULL);
  g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, first, NULL);
  TlTensor              *grads[3];

  for (guint i = 0; i < 3; i++) {
    TlTrace             *trace = i > 0 ? tl_trace_begin (tl_context_get ()) : NULL;
    g_autoptr (TlTensor) w = tl_read (variable);
    g_autoptr (TlTensor) narrow = tl_cast (w, TL_DTYPE_BF16, NULL);
    g_autoptr (TlTensor) other = tl_cast (second, TL_DTYPE_BF16, NULL);
    g_autoptr (TlTensor) product = tl_matmul (narrow, other, NULL);
    g_autoptr (TlTensor) active = tl_relu (product, NULL);
    g_autoptr (TlTensor) again = tl_matmul (active, narrow, NULL);
    g_autoptr (TlTensor) top = tl_relu (again, NULL);
    g_autoptr (TlTensor) wide = tl_cast (top, TL_DTYPE_F32, NULL);
    g_autoptr (TlTensor) loss = tl_sum (wide, NULL, 0, FALSE, NULL);

    tl_grad (&loss, NULL, 1, &w, 1, FALSE, &grads[i], NULL);
    if (trace != NULL) {
      g_autoptr (TlPlan) plan = tl_plan_new (trace, &grads[i], 1, i == 1 ? TL_PLAN_UNFUSED : 0, NULL);
      TlPlanStats        stats;

      tl_plan_get_stats (plan, &stats);
      g_assert_true (i == 1 || stats.n_fused >= 3);
      g_assert_true (tl_plan_run (plan, NULL, 0, NULL));
      tl_tensor_unref (grads[i]);
      grads[i] = tl_plan_dup_output (plan, 0, NULL);
    }
    g_assert_cmpmem (tl_tensor_peek_data (grads[i]), 37 * 29 * sizeof (float), tl_tensor_peek_data (grads[0]), 37 * 29 * sizeof (float));
  }
  unref_all (grads, 3);
}

static void
test_autocast (void)
{
  TlContext             *context = tl_context_get ();
  const TlDim            shape[] = { 4, 4 };
  g_autoptr (TlTensor)   ones = tl_ones (2, shape, TL_DTYPE_F32, NULL);
  g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, ones, NULL);
  g_autoptr (TlTensor)   w = tl_read (variable);
  g_autoptr (TlTensor)   product = NULL;
  g_autoptr (TlTensor)   probabilities = NULL;
  g_autoptr (TlTensor)   sum = NULL;
  g_autoptr (TlTensor)   both = NULL;
  g_autoptr (TlTensor)   loss = NULL;
  TlTensor              *parts[2];

  tl_context_set_autocast (context, TL_DTYPE_BF16);
  product = tl_matmul (ones, w, NULL);
  probabilities = tl_softmax (product, -1, NULL);
  sum = tl_add (product, ones, NULL);
  parts[0] = product;
  parts[1] = ones;
  both = tl_concat (parts, 2, 0, NULL);
  loss = tl_sum (product, NULL, 0, FALSE, NULL);
  tl_context_set_autocast (context, TL_DTYPE_F32);
  g_assert_cmpint (tl_tensor_get_dtype (product), ==, TL_DTYPE_BF16);
  g_assert_cmpint (tl_tensor_get_dtype (probabilities), ==, TL_DTYPE_F32);
  g_assert_cmpint (tl_tensor_get_dtype (sum), ==, TL_DTYPE_F32);
  g_assert_cmpint (tl_tensor_get_dtype (both), ==, TL_DTYPE_F32);
  g_assert_cmpint (tl_tensor_get_dtype (loss), ==, TL_DTYPE_F32);
  g_assert_true (tl_backward (loss, NULL, FALSE, NULL));
  g_assert_cmpint (tl_tensor_get_dtype (tl_variable_get_grad (variable)), ==, TL_DTYPE_F32);
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_grad (variable), 5), ==, 4);
}

/* f64 is not what autocast is for. */
static void
test_autocast_f64 (void)
{
  TlContext           *context = tl_context_get ();
  const TlDim          shape[] = { 4, 4 };
  g_autoptr (TlTensor) ones = tl_ones (2, shape, TL_DTYPE_F64, NULL);
  g_autoptr (TlTensor) product = NULL;

  tl_context_set_autocast (context, TL_DTYPE_F16);
  product = tl_matmul (ones, ones, NULL);
  tl_context_set_autocast (context, TL_DTYPE_F32);
  g_assert_cmpint (tl_tensor_get_dtype (product), ==, TL_DTYPE_F64);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (2);

  tl_context_make_current (context);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);
    g_autofree char *path = g_strdup_printf ("/op/half/%s", op->name);

    if ((op->flags & TL_OP_UPDATE) == 0)
      g_test_add_data_func (path, op, test_row);
  }
  g_test_add_func ("/op/half/tiles", test_tiles);
  g_test_add_func ("/op/half/layouts", test_layouts);
  g_test_add_func ("/op/half/statistics", test_statistics);
  g_test_add_func ("/op/half/fused", test_fused);
  g_test_add_func ("/op/half/autocast", test_autocast);
  g_test_add_func ("/op/half/autocast-f64", test_autocast_f64);
  return g_test_run ();
}
