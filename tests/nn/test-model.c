/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "tests/nn/model-tests.h"

static void
test_lenet (void)
{
  g_autoptr (TlModel)  model = lenet_new ();
  g_autoptr (GError)   error = NULL;
  const TlDim          shape[] = { 5, 1, 28, 28 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  TlBinding            batch = { tl_dim_symbol ("N"), 64 };
  TlModelCost          total, conv2, fc1, twice;

  build_model (model);
  g_assert_true (tl_model_is_built (model));
  assert_node_shape (model, "image", "[N, 1, 28, 28]");
  assert_node_shape (model, "conv1", "[N, 32, 28, 28]");
  assert_node_shape (model, "pool1", "[N, 32, 14, 14]");
  assert_node_shape (model, "flat", "[N, 3136]");
  assert_node_shape (model, "fc2", "[N, 10]");
  y = model_call (model, x);
  g_assert_cmpint (tl_tensor_get_shape (y)[0], ==, 5);
  g_assert_cmpint (tl_tensor_get_shape (y)[1], ==, 10);
  tl_model_measure (model, &batch, 1, &total, &error);
  g_assert_no_error (error);
  g_assert_cmpint (total.n_parameters, ==, 421642);
  g_assert_cmpint (total.n_variables, ==, 421642 * 4);
  g_assert_true (tl_model_get_node_cost (model, "conv2", &conv2));
  g_assert_cmpint (conv2.n_parameters, ==, 64 * 32 * 9 + 64);
  g_assert_cmpfloat (conv2.flops, ==, 64.0 * 2 * 64 * 14 * 14 * 32 * 9);
  g_assert_true (tl_model_get_node_cost (model, "fc1", &fc1));
  g_assert_cmpfloat (fc1.flops, ==, 64.0 * 2 * 3136 * 128);
  g_assert_cmpfloat (fc1.n_activations, ==, 64.0 * 128 * 4);
  g_assert_false (tl_model_get_node_cost (model, "nowhere", &fc1));
  batch.size = 128;
  tl_model_measure (model, &batch, 1, &twice, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (twice.flops, ==, 2 * total.flops);
}

static const TlModelProblem *
find_problem (TlModel    *model,
              const char *node)
{
  for (guint i = 0; i < tl_model_get_n_problems (model); i++)
    if (strcmp (tl_model_get_problem (model, i)->node, node) == 0)
      return tl_model_get_problem (model, i);
  return NULL;
}

static void
assert_problem (TlModel    *model,
                const char *node,
                const char *attr,
                const char *message)
{
  const TlModelProblem *problem = find_problem (model, node);

  g_assert_nonnull (problem);
  g_assert_cmpstr (problem->attr, ==, attr);
  g_assert_cmpstr (problem->message, ==, message);
}

/* Everything that is wrong is told at once, and nothing twice; what is right has its shape. */
static void
test_problems (void)
{
  g_autoptr (TlModel) model = tl_model_new ("m");
  g_autoptr (GError)  error = NULL;

  add_node (model, "image", "Input", NULL, "shape = {N, 1, 28, 28}");
  g_assert_false (tl_model_add (model, "conv1", "Conv2D", &error));
  g_assert_cmpstr (error->message, ==, "there is no layer or operation Conv2D; did you mean Conv2d?");
  g_clear_error (&error);
  tl_model_connect (model, "image", 0, "conv1", 0, NULL);
  add_node (model, "act1", "ReLU", "conv1", NULL);
  add_node (model, "conv2", "Conv2d", "image", "out = 4, kernel = 3");
  g_assert_false (tl_model_set_attr_text (model, "conv2", "kernal", "3", &error));
  g_assert_cmpstr (error->message, ==, "Conv2d has no attribute kernal; did you mean kernel?");
  g_clear_error (&error);
  add_node (model, "conv3", "Conv2d", "image", "out = 4, kernel = 3");
  g_assert_false (tl_model_set_attr_text (model, "conv3", "kernel", "big", &error));
  g_assert_cmpstr (error->message, ==, "Conv2d: kernel = \"big\": a whole number is wanted");
  g_clear_error (&error);
  add_node (model, "conv4", "Conv2d", "imege", "out = 4, kernel = 3");
  add_node (model, "conv5", "Conv2d", NULL, "out = 4, kernel = 3");
  add_node (model, "conv6", "Conv2d", "image", "out = 4, kernel = 40");
  add_node (model, "flat", "Flatten", "image", NULL);
  add_node (model, "both", "Linear", "flat image", "out = 3");
  add_node (model, "a", "ReLU", "b", NULL);
  add_node (model, "b", "ReLU", "c", NULL);
  add_node (model, "c", "ReLU", "a", NULL);
  add_node (model, "after", "ReLU", "c", NULL);
  g_assert_false (tl_model_build (model, &error));
  g_assert_nonnull (error);
  g_assert_false (tl_model_is_built (model));
  assert_problem (model, "conv1", NULL, "there is no layer or operation Conv2D; did you mean Conv2d?");
  g_assert_null (find_problem (model, "act1"));
  assert_problem (model, "conv2", "kernal", "Conv2d has no attribute kernal; did you mean kernel?");
  assert_problem (model, "conv3", "kernel", "Conv2d: kernel = \"big\": a whole number is wanted");
  assert_problem (model, "conv4", NULL, "Conv2d: input x: there is no node imege; did you mean image?");
  assert_problem (model, "conv5", NULL, "Conv2d: input x is not connected");
  g_assert_nonnull (find_problem (model, "conv6"));
  assert_problem (model, "both", NULL, "Linear: 2 inputs are connected, it has 1");
  assert_problem (model, "a", NULL, "the links form a circle: a -> c -> b -> a");
  g_assert_nonnull (find_problem (model, "b"));
  g_assert_nonnull (find_problem (model, "c"));
  g_assert_null (find_problem (model, "after"));
  g_assert_cmpuint (tl_model_get_n_problems (model), ==, 10);
  assert_node_shape (model, "flat", "[N, 784]");
  g_assert_null (tl_model_get_node_output (model, "conv6", 0));
}

static void
test_repair (void)
{
  g_autoptr (TlModel) model = lenet_new ();
  g_autoptr (TlModel) other = lenet_new ();
  g_autoptr (GError)  error = NULL;
  TlVariable         *weight;

  build_model (model);
  build_model (other);
  weight = tl_model_find_variable (model, "conv1.weight");
  ((float *)tl_variable_begin_write (weight, NULL))[0] = 123;
  /* A mistake loses nothing, ... */
  g_assert_false (tl_model_set_attr_text (model, "conv1", "stride", "0", &error));
  g_clear_error (&error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_cmpstr (error->message, ==, "conv1: Conv2d: stride = 0: it must be between 1 and 65535");
  g_clear_error (&error);
  tl_model_set_attr (model, "conv1", "stride", &TL_INPUT_NIL, &error);
  g_assert_no_error (error);
  build_model (model);
  g_assert_true (tl_model_find_variable (model, "conv1.weight") == weight);
  /* another shape elsewhere keeps what still fits, ... */
  tl_model_set_attr_text (model, "fc1", "out", "64", &error);
  g_assert_no_error (error);
  build_model (model);
  g_assert_true (tl_model_find_variable (model, "conv1.weight") == weight);
  g_assert_cmpint (tl_tensor_get_shape (tl_variable_get_value (tl_model_find_variable (model, "fc2.weight")))[1], ==, 64);
  /* and so does a new name. */
  tl_model_rename (model, "conv1", "first", &error);
  g_assert_no_error (error);
  build_model (model);
  g_assert_null (tl_model_find_variable (model, "conv1.weight"));
  g_assert_true (tl_model_find_variable (model, "first.weight") == weight);
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (weight), 0), ==, 123);
  /* Removing a node leaves what it fed without input. */
  tl_model_remove (model, "act1", &error);
  g_assert_no_error (error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_cmpstr (error->message, ==, "pool1: MaxPool2d: input x is not connected");
  tl_model_connect (model, "first", 0, "pool1", 0, NULL);
  build_model (model);
}

/* Without declared shapes the attributes tell the sizes, or the first call does. */
static void
test_lazy (void)
{
  g_autoptr (TlModel)   eager = tl_model_new ("eager");
  g_autoptr (TlModel)   lazy = tl_model_new ("lazy");
  g_autoptr (GError)    error = NULL;
  const TlDim           shape[] = { 3, 6 };
  g_autoptr (TlTensor)  x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor)  y = NULL;
  g_autoptr (TlTensor)  z = NULL;
  g_autoptr (GPtrArray) parameters = NULL;
  TlVariable           *weight;

  add_node (eager, "x", "Input", NULL, NULL);
  add_node (eager, "0", "Linear", "x", "in_features = 6, out = 4");
  add_node (eager, "1", "ReLU", "0", NULL);
  build_model (eager);
  g_assert_false (tl_model_is_built (eager));
  parameters = tl_model_get_parameters (eager);
  g_assert_cmpuint (parameters->len, ==, 2);
  weight = tl_model_find_variable (eager, "0.weight");
  y = model_call (eager, x);
  g_assert_true (tl_model_is_built (eager));
  g_assert_true (tl_model_find_variable (eager, "0.weight") == weight);
  add_node (lazy, "x", "Input", NULL, NULL);
  add_node (lazy, "0", "Linear", "x", "out = 4");
  add_node (lazy, "1", "ReLU", "0", NULL);
  g_assert_false (tl_model_build (lazy, &error));
  g_assert_cmpstr (error->message, ==, "0: Linear: in_features must be given as long as the input is not known");
  z = model_call (lazy, x);
  assert_same_bits (y, z); /* the same seed and paths */
}

static void
test_call_errors (void)
{
  g_autoptr (TlModel)  model = lenet_new ();
  g_autoptr (GError)   error = NULL;
  const TlDim          shape[] = { 5, 1, 28, 27 }, batch[] = { 2, 4 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor) wide = random_tensor (TL_DTYPE_F64, 2, batch, 1);
  g_autoptr (TlModel)  mlp = mlp_new (TL_DTYPE_F32, 4, 5, 3);
  TlTensor            *two[] = { x, x };
  TlTensor            *y = NULL;

  build_model (model);
  g_assert_false (tl_model_forward (model, &x, 1, &y, 1, &error));
  g_assert_cmpstr (error->message, ==, "lenet: input image is f32 [N, 1, 28, 28], f32 [5, 1, 28, 27] was given");
  g_clear_error (&error);
  g_assert_false (tl_model_forward (model, two, 2, &y, 1, &error));
  g_assert_cmpstr (error->message, ==, "lenet: 2 inputs given, it has 1");
  g_clear_error (&error);
  g_assert_false (tl_model_forward (mlp, &wide, 1, &y, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_DTYPE);
  g_assert_null (y);
}

static TlTensor *
lenet_step (guint n_threads)
{
  TlContext           *context = tl_context_new (n_threads);
  TlContext           *before = tl_context_make_current (context);
  g_autoptr (TlModel)  model = lenet_new ();
  const TlDim          shape[] = { 33, 1, 28, 28 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor) target = random_classes (33, 10, 2);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;
  TlTensor            *grad;

  tl_context_set_training (context, TRUE);
  y = model_call (model, x);
  loss = tl_cross_entropy (y, target, TL_REDUCTION_MEAN, &error);
  tl_backward (loss, NULL, FALSE, &error);
  g_assert_no_error (error);
  grad = tl_tensor_ref (tl_variable_get_grad (tl_model_find_variable (model, "conv1.weight")));
  g_clear_pointer (&model, tl_model_unref);
  tl_context_make_current (before);
  tl_context_free (context);
  return grad;
}

static void
test_threads (void)
{
  g_autoptr (TlTensor) one = lenet_step (1);
  g_autoptr (TlTensor) two = lenet_step (2);

  assert_same_bits (one, two);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/model/lenet", test_lenet);
  g_test_add_func ("/nn/model/problems", test_problems);
  g_test_add_func ("/nn/model/repair", test_repair);
  g_test_add_func ("/nn/model/lazy", test_lazy);
  g_test_add_func ("/nn/model/call-errors", test_call_errors);
  g_test_add_func ("/nn/model/threads", test_threads);
  tl_add_model_parts_tests ();
  tl_add_model_values_tests ();
  return g_test_run ();
}
