/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First values of a model, and the initialisers.
 */
#include <math.h>
#include <string.h>

#include "tests/nn/model-tests.h"

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

void
tl_add_model_values_tests (void)
{
  g_test_add_func ("/nn/model/first-values", test_first_values);
  g_test_add_func ("/nn/model/initializers", test_initializers);
  g_test_add_func ("/nn/model/orthogonal", test_orthogonal);
  g_test_add_func ("/nn/model/made-initializers", test_made_initializers);
}
