/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What walking the table does not show: random rows draw what they should, products have gradients at zeros, rows whose size depends on
 * values are refused where a step is planned, indices out of range are told.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/autodiff.h"
#include "core/graph/plan.h"
#include "tests/op/sample.h"

static TlTensor *
new_numbers (const double *values,
             guint         n)
{
  g_autoptr (GError) error = NULL;
  TlTensor          *x = tl_tensor_new (TL_DTYPE_F64, 1, (const TlDim[]){ n }, &error);

  g_assert_no_error (error);
  memcpy (tl_tensor_peek_data (x), values, n * sizeof *values);
  return x;
}

static TlTensor *
new_indices (const gint64 *values,
             guint         n)
{
  g_autoptr (GError) error = NULL;
  TlTensor          *x = tl_tensor_new (TL_DTYPE_I64, 1, (const TlDim[]){ n }, &error);

  g_assert_no_error (error);
  memcpy (tl_tensor_peek_data (x), values, n * sizeof *values);
  return x;
}

/* Applies a row whose attributes are written as text. */
static TlTensor *
apply (const char      *name,
       const char      *attributes,
       TlTensor *const *in,
       guint            n_in)
{
  TlSample           sample = { "", attributes };
  const TlOpClass   *op = tl_op_find (name);
  g_autoptr (Case)   values = NULL;
  g_autoptr (GError) error = NULL;
  TlTensor          *out[TL_OP_MAX_OUT] = { NULL };

  values = case_new (op, &sample, TL_DTYPE_F64);
  tl_op_apply (op, in, n_in, values->attrs, out, tl_op_get_n_out (op, n_in), &error);
  g_assert_no_error (error);
  for (guint i = 1; i < TL_OP_MAX_OUT; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  return out[0];
}

/* The gradient of a row of one input, weighted by 1, 2, 3, ... */
static void
assert_gradient (const char   *name,
                 const char   *attributes,
                 const double *x,
                 const double *want,
                 guint         n)
{
  g_autoptr (TlTensor)   value = new_numbers (x, n);
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlVariable) variable = tl_variable_new ("x", TL_VARIABLE_PARAMETER, value, &error);
  g_autoptr (TlTensor)   read = tl_read (variable);
  g_autoptr (TlTensor)   y = apply (name, attributes, &read, 1);
  g_autoptr (TlTensor)   weights = tl_arange (1, (double)tl_tensor_get_n_elements (y) + 1, 1, TL_DTYPE_F64, &error);
  g_autoptr (TlTensor)   product = tl_mul (y, weights, &error);
  g_autoptr (TlTensor)   loss = tl_sum (product, NULL, 0, FALSE, &error);
  TlTensor              *dx = NULL;

  tl_grad (&loss, NULL, 1, &read, 1, FALSE, &dx, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (dx, i), want[i], 1e-12);
  tl_tensor_unref (dx);
}

static void
test_products_at_zero (void)
{
  const double one[] = { 2, 0, 3, 5 }, two[] = { 2, 0, 3, 0 };

  assert_gradient ("prod", "", one, (const double[]){ 0, 30, 0, 0 }, 4);
  assert_gradient ("prod", "", two, (const double[]){ 0, 0, 0, 0 }, 4);
  /* y = x0, x0 x1, x0 x1 x2, ... with weights 1, 2, 3, 4 */
  assert_gradient ("cumprod", "dim = 0", one, (const double[]){ 1, 4 + 18 + 120, 0, 0 }, 4);
  assert_gradient ("cumprod", "dim = 0", two, (const double[]){ 1, 4 + 18, 0, 0 }, 4);
}

/* The same of what meets at a place: dx and dsrc of the sum over places of weight times product. */
static void
test_meeting_products_at_zero (void)
{
  const double           x[] = { 2, 0, 3 }, src[] = { 0, 5, 0, 4, 0 };
  const gint64           at[] = { 0, 0, 1, 1, 2 };
  const double           want_x[] = { 0, 0, 0 }, want_src[] = { 10, 0, 0, 0, 9 };
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlTensor)   x_value = new_numbers (x, 3);
  g_autoptr (TlTensor)   src_value = new_numbers (src, 5);
  g_autoptr (TlTensor)   index = tl_tensor_new_from_data (TL_DTYPE_I64, 1, (const TlDim[]){ 5 }, at, &error);
  g_autoptr (TlVariable) a = tl_variable_new ("x", TL_VARIABLE_PARAMETER, x_value, &error);
  g_autoptr (TlVariable) b = tl_variable_new ("src", TL_VARIABLE_PARAMETER, src_value, &error);
  g_autoptr (TlTensor)   read_a = tl_read (a);
  g_autoptr (TlTensor)   read_b = tl_read (b);
  g_autoptr (TlTensor)   y = apply ("scatter_reduce", "dim = 0, reduce = prod", (TlTensor *[]){ read_a, index, read_b }, 3);
  g_autoptr (TlTensor)   weights = tl_arange (1, 4, 1, TL_DTYPE_F64, &error);
  g_autoptr (TlTensor)   product = tl_mul (y, weights, &error);
  g_autoptr (TlTensor)   loss = tl_sum (product, NULL, 0, FALSE, &error);
  TlTensor              *dx[2] = { NULL };

  tl_grad (&loss, NULL, 1, (TlTensor *[]){ read_a, read_b }, 2, FALSE, dx, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat (tl_tensor_peek_element (dx[0], i), ==, want_x[i]);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpfloat (tl_tensor_peek_element (dx[1], i), ==, want_src[i]);
  tl_tensor_unref (dx[0]);
  tl_tensor_unref (dx[1]);
}

/* A norm has a kink at 0, a deviation where all elements are equal. */
static void
test_roots_at_zero (void)
{
  assert_gradient ("norm", "", (const double[]){ 0, 0 }, (const double[]){ 0, 0 }, 2);
  assert_gradient ("std", "", (const double[]){ 3, 3 }, (const double[]){ 0, 0 }, 2);
}

static void
test_data_sized (void)
{
  g_autoptr (TlTensor) x = new_numbers ((const double[]){ 0, 1, 2 }, 3);

  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass   *op = tl_op_get_row (i);
    TlTrace           *trace;
    TlTensor          *out[TL_OP_MAX_OUT] = { NULL }, *in[] = { x, x };
    g_autoptr (GError) error = NULL;

    if ((op->flags & TL_OP_DATA_SIZED) == 0)
      continue;
    trace = tl_trace_begin (tl_context_get ());
    g_assert_false (tl_op_apply (op, in, tl_op_get_n_ports (op->in), NULL, out, tl_op_get_n_out (op, 1), &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED);
    g_assert_nonnull (strstr (error->message, op->name));
    tl_trace_abandon (trace);
  }
}

static void
test_index_errors (void)
{
  g_autoptr (TlTensor) x = new_numbers ((const double[]){ 0, 1, 2 }, 3);
  g_autoptr (TlTensor) index = new_indices ((const gint64[]){ 0, 3 }, 2);
  g_autoptr (TlTensor) src = new_numbers ((const double[]){ 5, 6 }, 2);
  g_autoptr (GError)   gather_error = NULL;
  g_autoptr (GError)   scatter_error = NULL;

  g_assert_null (tl_gather (x, 0, index, &gather_error));
  g_assert_error (gather_error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (gather_error->message, "index 3 at position 1"));
  g_assert_null (tl_scatter (x, 0, index, src, &scatter_error));
  g_assert_error (scatter_error, TL_ERROR, TL_ERROR_VALUE);
}

static void
test_randperm (void)
{
  g_autoptr (TlTensor) call = new_indices ((const gint64[]){ 3 }, 1);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) number = tl_reshape (call, 0, tl_tensor_get_shape (call), &error);
  g_autoptr (TlTensor) y = apply ("randperm", "n = 1000, seed = 7", &number, 1);
  guint8               seen[1000] = { 0 };
  guint                moved = 0;

  for (guint i = 0; i < 1000; i++) {
    gint64 at = (gint64)tl_tensor_peek_element (y, i);

    g_assert_true (at >= 0 && at < 1000 && !seen[at]);
    seen[at] = 1;
    moved += at != i;
  }
  g_assert_cmpuint (moved, >, 950);
}

static void
test_randint (void)
{
  g_autoptr (TlTensor) call = new_indices ((const gint64[]){ 3 }, 1);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) number = tl_reshape (call, 0, tl_tensor_get_shape (call), &error);
  g_autoptr (TlTensor) y = apply ("randint", "low = -2, high = 3, shape = {10000}", &number, 1);
  guint                counts[5] = { 0 };

  for (guint i = 0; i < 10000; i++) {
    gint64 value = (gint64)tl_tensor_peek_element (y, i);

    g_assert_true (value >= -2 && value < 3);
    counts[value + 2]++;
  }
  for (guint i = 0; i < 5; i++)
    g_assert_true (counts[i] > 1800 && counts[i] < 2200);
}

/* Frequencies follow the weights; what has weight 0 is never drawn, and without replacement nothing twice. */
static void
test_multinomial (void)
{
  g_autoptr (TlTensor) call = new_indices ((const gint64[]){ 3 }, 1);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) number = tl_reshape (call, 0, tl_tensor_get_shape (call), &error);
  g_autoptr (TlTensor) weights = new_numbers ((const double[]){ 1, 0, 2, 5 }, 4);
  TlTensor            *in[] = { weights, number };
  g_autoptr (TlTensor) many = apply ("multinomial", "num_samples = 8000, replacement = true, seed = 7", in, 2);
  g_autoptr (TlTensor) few = apply ("multinomial", "num_samples = 3, seed = 7", in, 2);
  guint                counts[4] = { 0 }, once[4] = { 0 };

  for (guint i = 0; i < 8000; i++)
    counts[(guint)tl_tensor_peek_element (many, i)]++;
  g_assert_cmpuint (counts[1], ==, 0);
  g_assert_true (counts[0] > 880 && counts[0] < 1120);
  g_assert_true (counts[2] > 1850 && counts[2] < 2150);
  for (guint i = 0; i < 3; i++)
    once[(guint)tl_tensor_peek_element (few, i)]++;
  g_assert_true (once[0] == 1 && once[1] == 0 && once[2] == 1 && once[3] == 1);
}

/* A picture of more pixels than f32 has whole numbers: neighbours are not confused. */
static void
test_grid_sample_large (void)
{
  const TlDim          shape[] = { 1, 1, 2, 8388700 };
  const float          places[] = { -0.5f, 0.25f, 0.9999991f, 1 };
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = tl_tensor_new (TL_DTYPE_F32, 4, shape, &error);
  g_autoptr (TlTensor) grid = tl_tensor_new (TL_DTYPE_F32, 4, (const TlDim[]){ 1, 1, G_N_ELEMENTS (places), 2 }, &error);
  g_autoptr (TlTensor) y = NULL;
  float               *pixels, *grid_data;

  g_assert_no_error (error);
  pixels = tl_tensor_peek_data (x);
  grid_data = tl_tensor_peek_data (grid);
  for (gint64 i = 0; i < 2 * shape[3]; i++)
    pixels[i] = (float)(i % 65536);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    grid_data[2 * i] = places[i];
    grid_data[2 * i + 1] = 1;
  }
  y = apply ("grid_sample", "mode = nearest, align_corners = true", (TlTensor *[]){ x, grid }, 2);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    float at = (places[i] + 1) * 0.5f * (float)(shape[3] - 1);

    g_assert_cmpfloat (tl_tensor_peek_element (y, i), ==, pixels[shape[3] + (gint64)rintf (at)]);
  }
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);

  g_test_init (&argc, &argv, NULL);
  tl_context_make_current (context);
  g_test_add_func ("/op/rows/products-at-zero", test_products_at_zero);
  g_test_add_func ("/op/rows/meeting-products-at-zero", test_meeting_products_at_zero);
  g_test_add_func ("/op/rows/roots-at-zero", test_roots_at_zero);
  g_test_add_func ("/op/rows/data-sized", test_data_sized);
  g_test_add_func ("/op/rows/index-errors", test_index_errors);
  g_test_add_func ("/op/rows/randperm", test_randperm);
  g_test_add_func ("/op/rows/randint", test_randint);
  g_test_add_func ("/op/rows/multinomial", test_multinomial);
  g_test_add_func ("/op/rows/grid-sample-large", test_grid_sample_large);
  return g_test_run ();
}
