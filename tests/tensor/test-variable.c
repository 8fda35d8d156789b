/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/graph/node.h"
#include "core/tensor/variable.h"

static TlTensor *
numbers (float a,
         float b)
{
  const float data[] = { a, b };

  return tl_tensor_new_from_data (TL_DTYPE_F32, 1, (const TlDim[]){ 2 }, data, NULL);
}

/* A tensor that was read keeps its value when the variable changes. */
static void
test_values_stay (void)
{
  g_autoptr (TlTensor)   first = numbers (1, 2);
  g_autoptr (TlTensor)   second = numbers (3, 4);
  g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_PARAMETER, first, NULL);
  g_autoptr (TlTensor)   read = tl_read (variable);
  g_autoptr (TlTensor)   again = tl_read (variable);
  g_autoptr (TlTensor)   later = NULL;

  g_assert_true (read == again);
  g_assert_true (tl_tensor_requires_grad (read));
  g_assert_true (tl_assign (variable, second, NULL));
  later = tl_read (variable);
  g_assert_cmpfloat (tl_tensor_peek_element (read, 0), ==, 1);
  g_assert_cmpfloat (tl_tensor_peek_element (later, 0), ==, 3);
  g_assert_cmpfloat (tl_tensor_peek_element (first, 0), ==, 1);
}

/* Nobody else holds it: it is written where it is. */
static void
test_in_place (void)
{
  g_autoptr (TlTensor)   first = numbers (1, 2);
  g_autoptr (TlTensor)   second = numbers (3, 4);
  g_autoptr (TlVariable) variable = tl_variable_new ("w", TL_VARIABLE_BUFFER, first, NULL);
  gpointer               block = tl_tensor_peek_data (tl_variable_get_value (variable));

  g_assert_true (tl_assign (variable, second, NULL));
  g_assert_true (tl_tensor_peek_data (tl_variable_get_value (variable)) == block);
}

static void
test_wrong_shape (void)
{
  g_autoptr (TlTensor)   first = numbers (1, 2);
  g_autoptr (TlTensor)   wrong = tl_tensor_new (TL_DTYPE_F32, 1, (const TlDim[]){ 3 }, NULL);
  g_autoptr (TlTensor)   other = tl_tensor_new (TL_DTYPE_F64, 1, (const TlDim[]){ 2 }, NULL);
  g_autoptr (TlVariable) variable = tl_variable_new ("fc.weight", TL_VARIABLE_PARAMETER, first, NULL);
  g_autoptr (GError)     error = NULL;

  g_assert_false (tl_assign (variable, wrong, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
  g_assert_cmpstr (error->message, ==, "variable fc.weight is f32 [2] and cannot become f32 [3]");
  g_clear_error (&error);
  g_assert_false (tl_assign (variable, other, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_DTYPE);
}

static void
test_streams (void)
{
  g_autoptr (TlTensor)   value = numbers (1, 2);
  g_autoptr (TlVariable) a = tl_variable_new ("drop1.calls", TL_VARIABLE_COUNTER, value, NULL);
  g_autoptr (TlVariable) b = tl_variable_new ("drop2.calls", TL_VARIABLE_COUNTER, value, NULL);
  guint64                stream = tl_variable_get_stream (a);

  g_assert_cmpuint (stream, !=, tl_variable_get_stream (b));
  tl_variable_set_path (b, "drop1.calls");
  g_assert_cmpuint (stream, ==, tl_variable_get_stream (b));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tensor/variable/values-stay", test_values_stay);
  g_test_add_func ("/tensor/variable/in-place", test_in_place);
  g_test_add_func ("/tensor/variable/wrong-shape", test_wrong_shape);
  g_test_add_func ("/tensor/variable/streams", test_streams);
  return g_test_run ();
}
