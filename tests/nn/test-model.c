/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "tests/nn/nn-util.h"

static void
build (TlModel *model)
{
  g_autoptr (GError) error = NULL;

  tl_model_build (model, &error);
  g_assert_no_error (error);
}

static void
assert_shape (TlModel    *model,
              const char *node,
              const char *text)
{
  const TlMeta    *meta = tl_model_get_node_output (model, node, 0);
  g_autofree char *shape = NULL;

  g_assert_nonnull (meta);
  shape = tl_shape_to_string (meta->shape, meta->rank);
  g_assert_cmpstr (shape, ==, text);
}

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

  build (model);
  g_assert_true (tl_model_is_built (model));
  assert_shape (model, "image", "[N, 1, 28, 28]");
  assert_shape (model, "conv1", "[N, 32, 28, 28]");
  assert_shape (model, "pool1", "[N, 32, 14, 14]");
  assert_shape (model, "flat", "[N, 3136]");
  assert_shape (model, "fc2", "[N, 10]");
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
  assert_shape (model, "flat", "[N, 784]");
  g_assert_null (tl_model_get_node_output (model, "conv6", 0));
}

static void
test_repair (void)
{
  g_autoptr (TlModel) model = lenet_new ();
  g_autoptr (TlModel) other = lenet_new ();
  g_autoptr (GError)  error = NULL;
  TlVariable         *weight;

  build (model);
  build (other);
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
  build (model);
  g_assert_true (tl_model_find_variable (model, "conv1.weight") == weight);
  /* another shape elsewhere keeps what still fits, ... */
  tl_model_set_attr_text (model, "fc1", "out", "64", &error);
  g_assert_no_error (error);
  build (model);
  g_assert_true (tl_model_find_variable (model, "conv1.weight") == weight);
  g_assert_cmpint (tl_tensor_get_shape (tl_variable_get_value (tl_model_find_variable (model, "fc2.weight")))[1], ==, 64);
  /* and so does a new name. */
  tl_model_rename (model, "conv1", "first", &error);
  g_assert_no_error (error);
  build (model);
  g_assert_null (tl_model_find_variable (model, "conv1.weight"));
  g_assert_true (tl_model_find_variable (model, "first.weight") == weight);
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (weight), 0), ==, 123);
  /* Removing a node leaves what it fed without input. */
  tl_model_remove (model, "act1", &error);
  g_assert_no_error (error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_cmpstr (error->message, ==, "pool1: MaxPool2d: input x is not connected");
  tl_model_connect (model, "first", 0, "pool1", 0, NULL);
  build (model);
}

/* Values follow from seed and path alone. */
static void
test_first_values (void)
{
  g_autoptr (TlModel) a = mlp_new (TL_DTYPE_F32, 64, 100, 10);
  g_autoptr (TlModel) b = mlp_new (TL_DTYPE_F32, 64, 100, 10);
  g_autoptr (TlModel) wide = mlp_new (TL_DTYPE_F64, 64, 100, 10);
  g_autoptr (GError)  error = NULL;
  TlTensor           *value = tl_variable_get_value (tl_model_find_variable (a, "fc1.weight"));
  TlTensor           *twin = tl_variable_get_value (tl_model_find_variable (wide, "fc1.weight"));
  double              sum = 0, squares = 0, least = 1, most = -1;
  gsize               n = tl_tensor_get_n_elements (value);

  assert_same_variables (a, b);
  for (gsize i = 0; i < n; i++) {
    double x = tl_tensor_peek_element (value, i);

    g_assert_cmpfloat (x, ==, (double)(float)tl_tensor_peek_element (twin, i));
    sum += x;
    squares += x * x;
    least = MIN (least, x);
    most = MAX (most, x);
  }
  /* Uniform between -1/8 and 1/8. */
  g_assert_cmpfloat (least, >=, -0.125);
  g_assert_cmpfloat (most, <=, 0.125);
  g_assert_cmpfloat (most - least, >, 0.249);
  g_assert_cmpfloat (fabs (sum / (double)n), <, 0.004);
  g_assert_cmpfloat_with_epsilon (squares / (double)n, 0.125 * 0.125 / 3, 2e-4);
  tl_model_initialize (b, 43, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (tl_model_find_variable (b, "fc1.weight")), 0), !=,
                     tl_tensor_peek_element (value, 0));
  tl_model_initialize (b, 42, &error);
  g_assert_no_error (error);
  assert_same_variables (a, b);
}

static void
test_initializers (void)
{
  const TlDim          shape[] = { 300, 200 };
  g_autoptr (TlTensor) value = random_tensor (TL_DTYPE_F64, 2, shape, 1);
  g_autoptr (GError)   error = NULL;

  for (guint k = 0; k < tl_initializer_get_n_rows (); k++) {
    const TlInitializer   *row = tl_initializer_get_row (k);
    g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, &error);
    gboolean               is_made = strcmp (row->name, "dirac") != 0 && strcmp (row->name, "eye") != 0;
    TlInit                 init = { row, row->default_a != 0 ? row->default_a : 0.5 };
    double                 sum = 0, squares = 0, mean, deviation, want = 0;

    g_assert_true (tl_initializer_find (row->name) == row);
    if (!is_made) /* not drawn: test_made_initializers() */
      continue;
    tl_initialize (variable, &init, 1, &error);
    g_assert_no_error (error);
    for (gsize i = 0; i < 60000; i++) {
      double x = tl_tensor_peek_element (tl_variable_get_value (variable), i);

      sum += x;
      squares += x * x;
    }
    mean = sum / 60000;
    deviation = sqrt (MAX (squares / 60000 - mean * mean, 0));
    if (g_str_has_prefix (row->name, "kaiming"))
      want = sqrt (2 / (1 + init.a * init.a) / (g_str_has_suffix (row->name, "_fan_out") ? 300 : 200));
    else if (g_str_has_prefix (row->name, "xavier"))
      want = sqrt (2.0 / 500);
    else if (g_str_has_prefix (row->name, "lecun"))
      want = 1 / sqrt (200);
    else if (strcmp (row->name, "normal") == 0)
      want = 1;
    else if (strcmp (row->name, "trunc_normal") == 0)
      want = 0.879625; /* of a normal distribution between -2 and 2 */
    else if (strcmp (row->name, "orthogonal") == 0)
      want = 1 / sqrt (300);
    else if (strcmp (row->name, "sparse") == 0)
      want = 0.01 * sqrt (0.9);
    else if (strcmp (row->name, "uniform") == 0)
      want = 1 / sqrt (3);
    g_assert_cmpfloat_with_epsilon (deviation, want, 0.01 * want + 1e-7);
    g_assert_cmpfloat_with_epsilon (mean, row->kind == TL_INIT_FILL ? init.a : 0, 0.02 * want + 1e-9);
  }
}

static TlVariable *
initialized (const char  *text,
             guint        rank,
             const TlDim *shape,
             GError     **error)
{
  g_autoptr (TlTensor)   value = random_tensor (TL_DTYPE_F64, rank, shape, 1);
  g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, error);
  TlInit                 init;

  g_assert_nonnull (variable);
  return tl_init_parse (text, &init, error) && tl_initialize (variable, &init, 1, error) ? g_steal_pointer (&variable) : NULL;
}

/* The shorter side of the matrix has orthogonal vectors of the length that was wanted. */
static void
test_orthogonal (void)
{
  const TlDim shapes[][3] = { { 7, 4, 1 }, { 3, 5, 2 }, { 6, 2, 3 }, { 1, 1, 1 } };

  for (guint k = 0; k < G_N_ELEMENTS (shapes); k++) {
    g_autoptr (GError)     error = NULL;
    g_autoptr (TlVariable) w = initialized ("orthogonal(1.5)", 3, shapes[k], &error);
    TlDim                  rows = shapes[k][0], columns = shapes[k][1] * shapes[k][2];
    gboolean               is_wide = columns > rows;

    g_assert_no_error (error);
    for (TlDim a = 0; a < MIN (rows, columns); a++)
      for (TlDim b = 0; b < MIN (rows, columns); b++) {
        double dot = 0;

        for (TlDim i = 0; i < MAX (rows, columns); i++)
          dot += tl_tensor_peek_element (tl_variable_get_value (w), (gsize)(is_wide ? a * columns + i : i * columns + a)) *
                 tl_tensor_peek_element (tl_variable_get_value (w), (gsize)(is_wide ? b * columns + i : i * columns + b));
        g_assert_cmpfloat_with_epsilon (dot, a == b ? 2.25 : 0, 1e-12);
      }
  }
}

static void
test_made_initializers (void)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlVariable) eye = initialized ("eye (2)", 2, (const TlDim[]){ 2, 3 }, &error);
  g_autoptr (TlVariable) dirac = initialized ("dirac", 3, (const TlDim[]){ 2, 2, 3 }, &error);
  g_autoptr (TlVariable) sparse = initialized ("sparse(0.3)", 2, (const TlDim[]){ 10, 4 }, &error);
  const double           unit[] = { 2, 0, 0, 0, 2, 0 }, delta[] = { 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 };

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (unit); i++)
    g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (eye), i), ==, unit[i]);
  for (guint i = 0; i < G_N_ELEMENTS (delta); i++)
    g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (dirac), i), ==, delta[i]);
  for (guint j = 0; j < 4; j++) {
    guint n_zeros = 0;

    for (guint i = 0; i < 10; i++)
      n_zeros += tl_tensor_peek_element (tl_variable_get_value (sparse), 4 * i + j) == 0;
    g_assert_cmpuint (n_zeros, ==, 3);
  }
  g_assert_null (initialized ("dirac", 2, (const TlDim[]){ 2, 2 }, &error));
  g_assert_cmpstr (error->message, ==, "dirac: a tensor of 3 or more axes is wanted, not [2, 2]");
  g_clear_error (&error);
  g_assert_null (initialized ("ortogonal", 2, (const TlDim[]){ 2, 2 }, &error));
  g_assert_cmpstr (error->message, ==, "there is no initialiser ortogonal; did you mean orthogonal?");
  g_clear_error (&error);
  g_assert_null (initialized ("normal(x)", 2, (const TlDim[]){ 2, 2 }, &error));
  g_assert_cmpstr (error->message, ==, "normal(x): a number in parentheses is wanted behind normal, as in normal(0.5)");
}

static TlModel *
block_new (void)
{
  TlModel *block = tl_model_new ("block");

  add_node (block, "x", "Input", NULL, "shape = {B, 8}");
  add_node (block, "fc", "Linear", "x", "out = 8");
  add_node (block, "act", "Tanh", "fc", NULL);
  add_node (block, "sum", "Add", "x act", NULL);
  return block;
}

static void
test_sub_models (void)
{
  g_autoptr (TlModel)  block = block_new ();
  g_autoptr (TlModel)  model = tl_model_new ("net");
  g_autoptr (GError)   error = NULL;
  const TlDim          shape[] = { 3, 8 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) by_hand = tl_tensor_ref (x);
  TlModelCost          cost, inner;

  add_node (model, "image", "Input", NULL, "shape = {N, 8}");
  tl_model_add_model (model, "body", block, 3, &error);
  tl_model_connect (model, "image", 0, "body", 0, &error);
  tl_model_add_model (model, "head", block, 1, &error);
  tl_model_connect (model, "body", 0, "head", 0, &error);
  g_assert_no_error (error);
  build (model);
  g_assert_nonnull (tl_model_find_variable (model, "body.0.fc.weight"));
  g_assert_nonnull (tl_model_find_variable (model, "body.2.fc.bias"));
  g_assert_nonnull (tl_model_find_variable (model, "head.fc.weight"));
  g_assert_null (tl_model_find_variable (model, "body.3.fc.weight"));
  assert_shape (model, "body.1.fc", "[N, 8]");
  y = model_call (model, x);
  for (guint i = 0; i < 4; i++) {
    g_autofree char     *prefix = i < 3 ? g_strdup_printf ("body.%u.fc", i) : g_strdup ("head.fc");
    g_autofree char     *weight_path = g_strconcat (prefix, ".weight", NULL);
    g_autofree char     *bias_path = g_strconcat (prefix, ".bias", NULL);
    g_autoptr (TlTensor) weight = tl_read (tl_model_find_variable (model, weight_path));
    g_autoptr (TlTensor) bias = tl_read (tl_model_find_variable (model, bias_path));
    g_autoptr (TlTensor) linear = tl_linear (by_hand, weight, bias, &error);
    g_autoptr (TlTensor) act = tl_tanh (linear, &error);
    TlTensor            *sum = tl_add (by_hand, act, &error);

    g_assert_no_error (error);
    tl_tensor_unref (by_hand);
    by_hand = sum;
  }
  assert_same_bits (y, by_hand);
  tl_model_measure (model, NULL, 0, &cost, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cost.n_parameters, ==, 4 * 72);
  g_assert_true (tl_model_get_node_cost (model, "body", &inner));
  g_assert_cmpint (inner.n_parameters, ==, 3 * 72);
  g_assert_cmpfloat (cost.flops, >, 4 * 2 * 64);
  /* A mistake inside is told with its path, once. */
  tl_model_set_attr_text (block, "fc", "out", "9", NULL);
  g_assert_false (tl_model_build (model, &error));
  g_assert_cmpuint (tl_model_get_n_problems (model), ==, 1);
  g_assert_cmpstr (tl_model_get_problem (model, 0)->node, ==, "body.0.sum");
  g_clear_error (&error);
  tl_model_set_attr_text (block, "fc", "out", "8", NULL);
  build (model);
  g_assert_false (tl_model_add_model (block, "self", model, 1, &error));
  g_assert_cmpstr (error->message, ==, "the model net contains itself");
}

static void
test_clone (void)
{
  g_autoptr (TlModel) model = mlp_new (TL_DTYPE_F32, 4, 5, 3);
  g_autoptr (TlModel) copy = NULL;
  g_autoptr (GError)  error = NULL;
  TlVariable         *weight = tl_model_find_variable (model, "fc2.weight");

  ((float *)tl_variable_begin_write (weight, NULL))[2] = 7;
  copy = tl_model_clone (model, &error);
  g_assert_no_error (error);
  assert_same_variables (model, copy);
  ((float *)tl_variable_begin_write (weight, NULL))[2] = 8;
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (tl_model_find_variable (copy, "fc2.weight")), 2), ==, 7);
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
  build (eager);
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

  build (model);
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

/* A graph cell may hold its loss, and a model operations and several outputs. */
static void
test_structure (void)
{
  g_autoptr (TlModel)  model = tl_model_new ("m");
  g_autoptr (GError)   error = NULL;
  const TlDim          shape[] = { 4, 6 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor) target = random_classes (4, 3, 2);
  TlTensor            *in[] = { x, target };
  TlTensor            *out[2] = { NULL };
  const char          *name;
  const char          *from;
  guint                output;
  TlModelNodeInfo      info;

  add_node (model, "loss", "CrossEntropyLoss", "fc label", NULL); /* before its inputs */
  add_node (model, "x", "Input", NULL, "shape = {N, 6}");
  add_node (model, "label", "Input", NULL, "shape = {N}, dtype = i64");
  add_node (model, "scaled", "mul", "x x", NULL);
  add_node (model, "fc", "Linear", "scaled", "out = 3");
  add_node (model, "shares", "Softmax", "fc", NULL);
  build (model);
  g_assert_cmpuint (tl_model_get_n_inputs (model), ==, 2);
  g_assert_cmpuint (tl_model_get_n_outputs (model), ==, 2);
  tl_model_get_output (model, 1, &name);
  g_assert_cmpstr (name, ==, "shares");
  tl_model_forward (model, in, 2, out, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_tensor_get_rank (out[0]), ==, 0);
  g_assert_cmpint (tl_tensor_get_shape (out[1])[1], ==, 3);
  tl_tensor_unref (out[0]);
  tl_tensor_unref (out[1]);
  tl_model_add_output (model, "fc", 0, &error);
  build (model);
  g_assert_cmpuint (tl_model_get_n_outputs (model), ==, 1);
  tl_model_get_node (model, (guint)tl_model_find_node (model, "fc"), &info);
  g_assert_cmpstr (info.row, ==, "Linear");
  g_assert_cmpuint (info.given, ==, 1u << 1);
  g_assert_true (tl_model_get_link (model, (guint)tl_model_find_node (model, "loss"), 1, &from, &output));
  g_assert_cmpstr (from, ==, "label");
  /* The batch of two inputs must be the same. */
  tl_model_clear_outputs (model);
  build (model);
  g_clear_pointer (&target, tl_tensor_unref);
  in[1] = target = random_classes (5, 3, 2);
  g_assert_false (tl_model_forward (model, in, 2, out, 2, &error));
  g_assert_cmpstr (error->message, ==, "m: input label is i64 [N], i64 [5] was given");
}

/* Blocks with a wide middle, whose inside is kept for the backward pass or computed again. */
static TlModel *
stack_new (guint    times,
           gboolean checkpoint)
{
  g_autoptr (TlModel) block = tl_model_new ("block");
  TlModel            *model = tl_model_new ("stack");
  g_autoptr (GError)  error = NULL;

  add_node (block, "x", "Input", NULL, "shape = {N, 16}");
  add_node (block, "fc1", "Linear", "x", "out = 256");
  add_node (block, "act", "Tanh", "fc1", NULL);
  add_node (block, "norm", "BatchNorm1d", "act", NULL);
  add_node (block, "drop", "Dropout", "norm", "p = 0.25");
  add_node (block, "fc2", "Linear", "drop", "out = 16");
  add_node (model, "x", "Input", NULL, "shape = {N, 16}");
  tl_model_add_model (model, "blocks", block, times, &error);
  g_assert_no_error (error);
  tl_model_connect (model, "x", 0, "blocks", 0, &error);
  tl_model_set_attr_text (model, "blocks", "checkpoint", checkpoint ? "true" : "false", &error);
  g_assert_no_error (error);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  tl_model_initialize (model, 42, &error);
  return model;
}

/* The sum of all results, and what it leaves in parameters and statistics; planned or at once.  Returns: bytes of the plan's arena */
static gsize
stack_step (TlModel *model,
            gboolean planned)
{
  TlContext           *context = tl_context_get ();
  gboolean             before = tl_context_set_training (context, TRUE);
  const TlDim          shape[] = { 256, 16 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 3);
  TlTrace             *trace = planned ? tl_trace_begin (context) : NULL;
  g_autoptr (TlTensor) y = model_call (model, x);
  g_autoptr (TlTensor) squares = tl_square (y, NULL);
  g_autoptr (TlTensor) loss = tl_sum (squares, NULL, 0, FALSE, NULL);
  g_autoptr (GError)   error = NULL;
  TlPlanStats          stats = { 0 };

  g_assert_true (tl_backward (loss, NULL, FALSE, &error));
  if (planned) {
    g_autoptr (TlPlan) plan = tl_plan_new (trace, &loss, 1, 0, &error);

    g_assert_no_error (error);
    g_assert_true (tl_plan_run (plan, NULL, 0, &error));
    tl_plan_get_stats (plan, &stats);
  }
  tl_context_set_training (context, before);
  return stats.n_arena;
}

static void
assert_same_grads (TlModel *a,
                   TlModel *b)
{
  g_autoptr (GPtrArray) left = tl_model_get_parameters (a);
  g_autoptr (GPtrArray) right = tl_model_get_parameters (b);

  g_assert_cmpuint (left->len, ==, right->len);
  for (guint i = 0; i < left->len; i++)
    assert_same_bits (tl_variable_get_grad (left->pdata[i]), tl_variable_get_grad (right->pdata[i]));
  assert_same_variables (a, b);
}

/* Gradients, statistics and counters are the same bits; the memory is that of one block, not of all. */
static void
test_checkpoint (void)
{
  gsize kept[2], again[2];

  for (guint planned = 0; planned < 2; planned++)
    for (guint i = 0; i < 2; i++) {
      g_autoptr (TlModel) plain = stack_new (4 << i, FALSE);
      g_autoptr (TlModel) checkpoint = stack_new (4 << i, TRUE);

      kept[i] = stack_step (plain, planned);
      again[i] = stack_step (checkpoint, planned);
      assert_same_grads (plain, checkpoint);
    }
  g_test_message ("arena of 4 and 8 blocks: %zu and %zu bytes kept, %zu and %zu computed again", kept[0], kept[1], again[0], again[1]);
  g_assert_cmpuint (again[0], <, kept[0] / 2);
  g_assert_cmpuint (again[1], <, kept[1] / 3);
  /* A block more is little more than its input, a small part of what its inside takes, and the gradients. */
  g_assert_cmpuint (again[1] - again[0], <, (kept[1] - kept[0]) / 3);
}

/* residual = true of a repeated sub-model is what Add is behind each repeat. */
static void
test_residual (void)
{
  const TlDim          shape[] = { 2, 3 };
  g_autoptr (TlModel)  block = tl_model_new ("block");
  g_autoptr (TlModel)  model = tl_model_new ("m");
  g_autoptr (TlModel)  plain = tl_model_new ("m");
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (GError)   error = NULL;

  add_node (block, "x", "Input", NULL, NULL);
  add_node (block, "fc", "Linear", "x", "out = 3");
  add_node (model, "x", "Input", NULL, "shape = {N, 3}");
  tl_model_add_model (model, "b", block, 2, &error);
  tl_model_connect (model, "x", 0, "b", 0, &error);
  tl_model_set_attr_text (model, "b", "residual", "true", &error);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  y = model_call (model, x);

  add_node (plain, "x", "Input", NULL, "shape = {N, 3}");
  add_node (plain, "fc0", "Linear", "x", "out = 3");
  add_node (plain, "a", "Add", "x fc0", NULL);
  add_node (plain, "fc1", "Linear", "a", "out = 3");
  add_node (plain, "c", "Add", "a fc1", NULL);
  tl_model_build (plain, &error);
  g_assert_no_error (error);
  for (guint k = 0; k < 4; k++) {
    g_autofree char *from = g_strdup_printf ("b.%u.fc.%s", k / 2, k % 2 == 0 ? "weight" : "bias");
    g_autofree char *to = g_strdup_printf ("fc%u.%s", k / 2, k % 2 == 0 ? "weight" : "bias");

    tl_variable_set_value (tl_model_find_variable (plain, to), tl_variable_get_value (tl_model_find_variable (model, from)), &error);
    g_assert_no_error (error);
  }
  z = model_call (plain, x);
  assert_same_bits (y, z);

  tl_model_set_attr_text (block, "fc", "out", "4", &error);
  tl_model_set_attr_text (model, "b", "times", "1", &error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_true (g_str_has_prefix (error->message, "b: residual: add: "));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/model/lenet", test_lenet);
  g_test_add_func ("/nn/model/problems", test_problems);
  g_test_add_func ("/nn/model/repair", test_repair);
  g_test_add_func ("/nn/model/first-values", test_first_values);
  g_test_add_func ("/nn/model/residual", test_residual);
  g_test_add_func ("/nn/model/initializers", test_initializers);
  g_test_add_func ("/nn/model/orthogonal", test_orthogonal);
  g_test_add_func ("/nn/model/made-initializers", test_made_initializers);
  g_test_add_func ("/nn/model/sub-models", test_sub_models);
  g_test_add_func ("/nn/model/clone", test_clone);
  g_test_add_func ("/nn/model/lazy", test_lazy);
  g_test_add_func ("/nn/model/call-errors", test_call_errors);
  g_test_add_func ("/nn/model/threads", test_threads);
  g_test_add_func ("/nn/model/structure", test_structure);
  g_test_add_func ("/nn/model/checkpoint", test_checkpoint);
  return g_test_run ();
}
