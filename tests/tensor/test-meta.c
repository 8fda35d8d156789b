/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/tensor/tensor.h"

static void
test_layouts (void)
{
  const TlDim shape[] = { 2, 3, 4, 5 };
  TlMeta      contiguous, last, like;

  tl_meta_init (&contiguous, TL_DTYPE_F32, 4, shape);
  tl_meta_init_channels_last (&last, TL_DTYPE_F32, 4, shape);
  g_assert_cmpint (contiguous.strides[0], ==, 60);
  g_assert_cmpint (contiguous.strides[1], ==, 20);
  g_assert_cmpint (last.strides[0], ==, 60);
  g_assert_cmpint (last.strides[1], ==, 1);
  g_assert_cmpint (last.strides[2], ==, 15);
  g_assert_cmpint (last.strides[3], ==, 3);
  g_assert_true (tl_meta_is_contiguous (&contiguous));
  g_assert_false (tl_meta_is_contiguous (&last));
  g_assert_true (tl_meta_is_channels_last (&last));
  g_assert_false (tl_meta_is_channels_last (&contiguous));
  g_assert_true (tl_meta_same_shape (&contiguous, &last));
  tl_meta_init_like (&like, TL_DTYPE_F64, &last);
  g_assert_true (tl_meta_is_channels_last (&like));
  g_assert_cmpint (tl_meta_get_n_elements (&last), ==, 120);
}

static void
test_symbolic_layout (void)
{
  TlDim              n = tl_dim_symbol ("N");
  const TlDim        shape[] = { n, 3, 4, 4 };
  TlBinding          binding = { n, 7 };
  TlMeta             meta, unbound;
  g_autofree char   *text = NULL;
  g_autoptr (GError) error = NULL;

  tl_meta_init_channels_last (&meta, TL_DTYPE_F32, 4, shape);
  g_assert_true (tl_meta_is_channels_last (&meta));
  text = tl_meta_to_string (&meta);
  g_assert_cmpstr (text, ==, "f32 [N, 3, 4, 4]");
  unbound = meta;
  g_assert_true (tl_meta_eval (&meta, &binding, 1, &error));
  g_assert_cmpint (meta.shape[0], ==, 7);
  g_assert_false (tl_meta_eval (&unbound, NULL, 0, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
}

static void
test_promotion (void)
{
  g_assert_cmpint (tl_dtype_promote (TL_DTYPE_F32, TL_DTYPE_F64), ==, TL_DTYPE_F64);
  g_assert_cmpint (tl_dtype_promote (TL_DTYPE_I64, TL_DTYPE_F16), ==, TL_DTYPE_F16);
  g_assert_cmpint (tl_dtype_promote (TL_DTYPE_F16, TL_DTYPE_BF16), ==, TL_DTYPE_F32);
  g_assert_cmpint (tl_dtype_promote (TL_DTYPE_U8, TL_DTYPE_I8), ==, TL_DTYPE_I32);
  g_assert_cmpint (tl_dtype_promote (TL_DTYPE_BOOL, TL_DTYPE_U8), ==, TL_DTYPE_U8);
}

static void
test_bad_tensors (void)
{
  const TlDim        huge[] = { G_MAXINT64 / 2, 3 };
  const TlDim        negative[] = { -5 };
  const TlDim        nine[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  g_autoptr (GError) error = NULL;

  g_assert_null (tl_tensor_new (TL_DTYPE_F32, 2, huge, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_null (tl_tensor_new (TL_DTYPE_F32, 9, nine, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_null (tl_tensor_new (TL_DTYPE_F32, 1, negative, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
}

static void
test_elements (void)
{
  const float          data[] = { 0, 1, 2, 3, 4, 5 };
  g_autoptr (TlTensor) tensor = tl_tensor_new_from_data (TL_DTYPE_F32, 2, (const TlDim[]){ 2, 3 }, data, NULL);
  g_autoptr (TlTensor) number = tl_tensor_new_number (2.5, FALSE);
  g_autoptr (TlTensor) integer = tl_tensor_new_number (-3, TRUE);

  for (guint i = 0; i < 6; i++)
    g_assert_cmpfloat (tl_tensor_peek_element (tensor, i), ==, i);
  g_assert_cmpfloat (tl_tensor_peek_element (number, 0), ==, 2.5);
  g_assert_cmpfloat (tl_tensor_peek_element (integer, 0), ==, -3);
  g_assert_cmpint (tl_tensor_get_dtype (integer), ==, TL_DTYPE_I64);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tensor/meta/layouts", test_layouts);
  g_test_add_func ("/tensor/meta/symbolic-layout", test_symbolic_layout);
  g_test_add_func ("/tensor/meta/promotion", test_promotion);
  g_test_add_func ("/tensor/meta/bad-tensors", test_bad_tensors);
  g_test_add_func ("/tensor/meta/elements", test_elements);
  return g_test_run ();
}
