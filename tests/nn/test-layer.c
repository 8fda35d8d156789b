/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single layers promise: random numbers, running statistics, errors, names, parts.  Every row: test-layers.c.
 */
#include <math.h>
#include <string.h>

#include "tests/nn/nn-util.h"

/* Random rows draw the same numbers again. */
static void
reset_calls (TlLayer *layer)
{
  for (guint i = 0; i < tl_layer_get_n_variables (layer); i++) {
    TlVariable *variable = tl_layer_get_variable (layer, i);

    if (variable != NULL && tl_variable_get_kind (variable) == TL_VARIABLE_COUNTER)
      *(gint64 *)tl_variable_begin_write (variable, NULL) = 0;
  }
}

static void
test_dropout (void)
{
  TlContext           *context = tl_context_get ();
  const TlDim          n = 20000;
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("Dropout"), "drop", TL_DTYPE_F32);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 1, &n, 1);
  g_autoptr (TlTensor) still = NULL;
  g_autoptr (TlTensor) once = NULL;
  g_autoptr (TlTensor) twice = NULL;
  g_autoptr (TlTensor) again = NULL;
  g_autoptr (GError)   error = NULL;
  guint                zeros = 0, same = 0;

  set_attrs (layer, "p = 0.3");
  tl_layer_forward (layer, &x, 1, &still, 1, &error);
  assert_same_bits (still, x);
  g_assert_cmpfloat (number_of (tl_variable_get_value (tl_layer_get_variable (layer, 0))), ==, 0);
  tl_context_set_training (context, TRUE);
  tl_layer_forward (layer, &x, 1, &once, 1, &error);
  tl_layer_forward (layer, &x, 1, &twice, 1, &error);
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 0)), ==, "drop.calls");
  g_assert_cmpfloat (number_of (tl_variable_get_value (tl_layer_get_variable (layer, 0))), ==, 2);
  reset_calls (layer);
  tl_layer_forward (layer, &x, 1, &again, 1, &error);
  g_assert_no_error (error);
  tl_context_set_training (context, FALSE);
  assert_same_bits (once, again);
  for (gsize i = 0; i < (gsize)n; i++) {
    double before = tl_tensor_peek_element (x, i), after = tl_tensor_peek_element (once, i);

    zeros += after == 0;
    same += (after == 0) == (tl_tensor_peek_element (twice, i) == 0);
    if (after != 0)
      g_assert_cmpfloat_with_epsilon (after, before / 0.7, 1e-6);
  }
  g_assert_cmpfloat_with_epsilon ((double)zeros / (double)n, 0.3, 0.02);
  g_assert_cmpfloat_with_epsilon ((double)same / (double)n, 0.3 * 0.3 + 0.7 * 0.7, 0.02);
}

/* Against the definition, by hand: two steps of the running statistics, then the mode in which they count. */
static void
test_batch_norm (void)
{
  TlContext           *context = tl_context_get ();
  const TlDim          shape[] = { 3, 2, 2, 2 };
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("BatchNorm2d"), "bn", TL_DTYPE_F64);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F64, 4, shape, 5);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (GError)   error = NULL;
  double               mean[2] = { 0 }, var[2] = { 0 }, running_mean[2] = { 0 }, running_var[2] = { 1, 1 };

  for (guint i = 0; i < 24; i++)
    mean[i / 4 % 2] += tl_tensor_peek_element (x, i) / 12;
  for (guint i = 0; i < 24; i++)
    var[i / 4 % 2] += pow (tl_tensor_peek_element (x, i) - mean[i / 4 % 2], 2) / 12;
  tl_context_set_training (context, TRUE);
  for (guint k = 0; k < 2; k++) {
    g_clear_pointer (&y, tl_tensor_unref);
    tl_layer_forward (layer, &x, 1, &y, 1, &error);
    g_assert_no_error (error);
    for (guint c = 0; c < 2; c++) {
      running_mean[c] = 0.9 * running_mean[c] + 0.1 * mean[c];
      running_var[c] = 0.9 * running_var[c] + 0.1 * var[c] * 12 / 11;
    }
  }
  tl_context_set_training (context, FALSE);
  tl_layer_forward (layer, &x, 1, &z, 1, &error);
  g_assert_no_error (error);
  for (guint c = 0; c < 2; c++) {
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_variable_get_value (tl_layer_get_variable (layer, 2)), c), running_mean[c], 1e-12);
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_variable_get_value (tl_layer_get_variable (layer, 3)), c), running_var[c], 1e-12);
  }
  g_assert_cmpfloat (number_of (tl_variable_get_value (tl_layer_get_variable (layer, 4))), ==, 2);
  for (guint i = 0; i < 24; i++) {
    guint  c = i / 4 % 2;
    double value = tl_tensor_peek_element (x, i);

    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (y, i), (value - mean[c]) / sqrt (var[c] + 1e-5), 1e-12);
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (z, i), (value - running_mean[c]) / sqrt (running_var[c] + 1e-5), 1e-12);
  }
}

static void
assert_fails (const char  *row,
              const char  *attrs,
              guint        rank,
              const TlDim *shape,
              const char  *message)
{
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find (row), "layer", TL_DTYPE_F32);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, rank, shape, 1);
  g_autoptr (GError)   error = NULL;
  TlTensor            *y = NULL;

  set_attrs (layer, attrs);
  g_assert_false (tl_layer_forward (layer, &x, 1, &y, 1, &error));
  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_errors (void)
{
  const TlDim two[] = { 4, 6 }, four[] = { 2, 3, 8, 8 };

  assert_fails ("Linear", "out = 3, in_features = 7", 2, two, "Linear: in_features is 7, axis 1 of the input has 6");
  assert_fails ("Linear", "", 2, two, "Linear: out must be given (size of the output's last axis)");
  assert_fails ("Conv2d", "out = 4, kernel = 3", 2, two, "Conv2d: the input must be [n, channels, height, width], not [4, 6]");
  assert_fails ("Conv2d", "out = 4, kernel = 3, groups = 2", 4, four, "Conv2d: 3 input and 4 output channels cannot be split into 2 groups");
  assert_fails ("LayerNorm", "normalized_shape = {5}", 2, two, "LayerNorm: the input [4, 6] does not end with normalized_shape [5]");
  assert_fails ("Flatten", "start_dim = 2", 2, two, "Flatten: start_dim = 2, end_dim = -1 do not fit the shape [4, 6]");
  assert_fails ("CrossEntropyLoss", "", 2, two, "CrossEntropyLoss: input target is missing");
}

static void
test_rename (void)
{
  const TlDim          shape[] = { 2, 3 };
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("Linear"), "", TL_DTYPE_F32);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);

  set_attrs (layer, "in_features = 3, out = 2");
  tl_layer_set_up (layer, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 0)), ==, "weight");
  tl_layer_set_path (layer, "net.fc");
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 1)), ==, "net.fc.bias");
  tl_layer_set_path (layer, "fc");
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 0)), ==, "fc.weight");
}

/* Names, numbers and values of what a part brings; an attribute changes and the others keep their values. */
static void
test_parts (void)
{
  const TlDim          shape[] = { 1, 3, 5, 5 };
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("SeparableConv2d"), "a", TL_DTYPE_F32);
  g_autoptr (TlLayer)  conv = tl_layer_new (tl_layer_find ("Conv2d"), "a.depthwise", TL_DTYPE_F32);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (GError)   error = NULL;
  TlVariable          *kept;

  set_attrs (layer, "out = 2, kernel = 3");
  tl_layer_forward (layer, &x, 1, &y, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_layer_get_n_variables (layer), ==, 3);
  g_assert_cmpuint (tl_layer_get_n_parts (layer), ==, 2);
  g_assert_cmpstr (tl_layer_get_part_name (layer, 1), ==, "pointwise");
  kept = tl_layer_find_variable (layer, "depthwise.weight");
  g_assert_cmpstr (tl_variable_get_path (kept), ==, "a.depthwise.weight");
  g_assert_nonnull (tl_layer_find_variable (layer, "pointwise.bias"));
  g_assert_null (tl_layer_find_variable (layer, "weight"));

  /* First values are those that a layer of this path has. */
  set_attrs (conv, "out = 3, kernel = 3, groups = 3, bias = false");
  tl_layer_forward (conv, &x, 1, &z, 1, &error);
  g_assert_no_error (error);
  assert_same_bits (tl_variable_get_value (kept), tl_variable_get_value (tl_layer_get_variable (conv, 0)));

  tl_variable_ref (kept);
  set_attrs (layer, "bias = false");
  tl_layer_set_up (layer, (const TlMeta *const[]){ tl_tensor_get_meta (x) }, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_layer_get_n_variables (layer), ==, 2);
  g_assert_true (tl_layer_find_variable (layer, "depthwise.weight") == kept);
  tl_variable_unref (kept);
  tl_layer_set_path (layer, "block.b");
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 1)), ==, "block.b.pointwise.weight");
  g_assert_cmpstr (tl_layer_get_path (tl_layer_get_part (layer, 0)), ==, "block.b.depthwise");
  g_assert_true (tl_layer_find_variable (layer, "pointwise.weight") == tl_layer_get_variable (layer, 1));

  /* A setup that fails leaves what there was. */
  set_attrs (layer, "depth_multiplier = 60000, in_channels = 60000");
  g_assert_false (tl_layer_set_up (layer, NULL, 0, &error));
  g_assert_cmpstr (error->message, ==, "depthwise: Conv2d: out = 3600000000: it must be between 1 and 2147483647");
  g_assert_cmpuint (tl_layer_get_n_variables (layer), ==, 2);
}

/* In a model: the parts' variables by path, kept over builds, and what the operations tell. */
static void
test_parts_in_model (void)
{
  const TlDim           shape[] = { 2, 3, 5, 5 };
  g_autoptr (TlModel)   model = tl_model_new ("m");
  g_autoptr (GPtrArray) parameters = NULL;
  g_autoptr (TlTensor)  x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor)  y = NULL;
  g_autoptr (GError)    error = NULL;
  TlVariable           *kept;
  TlModelCost           cost;

  add_node (model, "x", "Input", NULL, "shape = {N, 3, 5, 5}");
  add_node (model, "sep", "SeparableConv2d", "x", "out = 4, kernel = 3");
  tl_model_build (model, &error);
  g_assert_no_error (error);
  parameters = tl_model_get_parameters (model);
  g_assert_cmpuint (parameters->len, ==, 3);
  kept = tl_model_find_variable (model, "sep.pointwise.weight");
  g_assert_nonnull (kept);
  tl_model_set_attr_text (model, "sep", "kernel", "2", &error);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  g_assert_true (tl_model_find_variable (model, "sep.pointwise.weight") == kept);
  y = model_call (model, x);
  g_assert_cmpint (tl_tensor_get_shape (y)[2], ==, 4);
  tl_model_measure (model, NULL, 0, &cost, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cost.n_parameters, ==, 3 * 4 + 3 * 4 + 4);
  g_assert_cmpfloat (cost.flops, >=, 2 * 16 * (3 * 4 + 3 * 4));
  tl_model_set_attr_text (model, "sep", "kernel", "9", &error);
  g_assert_no_error (error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_true (g_str_has_prefix (error->message, "sep: depthwise: conv2d:"));
}

/* Rows 0, 2, 1, 0 of a table with the row 2 for nothing; @plan: whether the step is planned. */
static void
look_up (const char *attrs,
         gboolean    planned,
         TlTensor  **weight,
         TlTensor  **grad)
{
  static const gint64  numbers[] = { 0, 2, 1, 0 };
  const TlDim          n = 4, shape[] = { 3, 2 };
  const double         values[] = { 3, 4, 0.3, 0.4, 5, 12 };
  TlContext           *context = tl_context_get ();
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("Embedding"), "e", TL_DTYPE_F64);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = tl_tensor_new_from_data (TL_DTYPE_I64, 1, &n, numbers, &error);
  g_autoptr (TlTensor) table = tl_tensor_new_from_data (TL_DTYPE_F64, 2, shape, values, &error);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) square = NULL;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (TlPlan)   plan = NULL;
  TlTrace             *trace;
  TlVariable          *variable;

  set_attrs (layer, "num_embeddings = 3, embedding_dim = 2");
  set_attrs (layer, attrs);
  g_assert_true (tl_layer_set_up (layer, NULL, 0, &error));
  variable = tl_layer_get_variable (layer, 0);
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (variable), 4), ==, 0);
  g_assert_true (tl_variable_set_value (variable, table, &error));
  tl_context_set_training (context, TRUE);
  trace = planned ? tl_trace_begin (context) : NULL;
  tl_layer_forward (layer, &x, 1, &y, 1, &error);
  g_assert_no_error (error);
  square = tl_square (y, &error);
  loss = tl_sum (square, NULL, 0, FALSE, &error);
  g_assert_true (tl_backward (loss, NULL, FALSE, &error));
  plan = planned ? tl_plan_new (trace, &loss, 1, 0, &error) : NULL;
  g_assert_no_error (error);
  if (planned)
    g_assert_true (tl_plan_run (plan, NULL, 0, &error));
  tl_context_set_training (context, FALSE);
  *weight = tl_tensor_ref (tl_variable_get_value (variable));
  *grad = tl_tensor_ref (tl_variable_get_grad (variable));
}

/* As torch.nn.Embedding: the row for nothing gets no gradient, rows that are too long are shortened in the table, and gradients are theirs. */
static void
test_embedding (void)
{
  for (guint planned = 0; planned < 2; planned++) {
    const double         plain[] = { 12, 16, 0.6, 0.8, 0, 0 }, shorter[] = { 0.6, 0.8, 0.3, 0.4, 5.0 / 13, 12.0 / 13 }, turned[] = { 2.4, 3.2, 0.6, 0.8, 0, 0 };
    g_autoptr (TlTensor) weight = NULL;
    g_autoptr (TlTensor) grad = NULL;
    g_autoptr (TlTensor) limited = NULL;
    g_autoptr (TlTensor) limited_grad = NULL;

    look_up ("padding_idx = 2", planned != 0, &weight, &grad);
    look_up ("padding_idx = -1, max_norm = 1", planned != 0, &limited, &limited_grad);
    for (guint i = 0; i < 6; i++) {
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (grad, i), plain[i], 1e-12);
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (limited, i), shorter[i], 1e-6);
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (limited_grad, i), turned[i], 1e-6);
    }
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/layer/dropout", test_dropout);
  g_test_add_func ("/nn/layer/batch-norm", test_batch_norm);
  g_test_add_func ("/nn/layer/errors", test_errors);
  g_test_add_func ("/nn/layer/rename", test_rename);
  g_test_add_func ("/nn/layer/parts", test_parts);
  g_test_add_func ("/nn/layer/parts-in-model", test_parts_in_model);
  g_test_add_func ("/nn/layer/embedding", test_embedding);
  return g_test_run ();
}
