/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor/dim.h"

static void
assert_text (TlDim       dim,
             const char *text)
{
  g_autofree char *got = tl_dim_to_string (dim);

  g_assert_cmpstr (got, ==, text);
}

static void
test_numbers (void)
{
  g_assert_cmpint (tl_dim_add (3, 4), ==, 7);
  g_assert_cmpint (tl_dim_sub (3, 4), ==, TL_DIM_INVALID);
  g_assert_cmpint (tl_dim_mul (G_MAXINT64, 2), ==, TL_DIM_INVALID);
  g_assert_cmpint (tl_dim_mul (TL_DIM_INVALID, 2), ==, TL_DIM_INVALID);
  g_assert_cmpint (tl_dim_floor_div (7, 2), ==, 3);
  g_assert_cmpint (tl_dim_div_exact (7, 2), ==, TL_DIM_INVALID);
  g_assert_cmpint (tl_dim_div_exact (8, 2), ==, 4);
}

static void
test_normal_form (void)
{
  TlDim n = tl_dim_symbol ("N"), t = tl_dim_symbol ("T");

  g_assert_cmpint (n, ==, tl_dim_symbol ("N"));
  g_assert_cmpint (n, !=, t);
  g_assert_true (tl_dim_is_symbolic (n));
  g_assert_cmpint (tl_dim_add (n, t), ==, tl_dim_add (t, n));
  g_assert_cmpint (tl_dim_mul (n, t), ==, tl_dim_mul (t, n));
  g_assert_cmpint (tl_dim_mul (tl_dim_add (n, 1), 2), ==, tl_dim_add (tl_dim_add (n, n), 2));
  g_assert_cmpint (tl_dim_sub (tl_dim_add (n, 5), n), ==, 5);
  g_assert_cmpint (tl_dim_sub (n, n), ==, 0);
  g_assert_cmpint (tl_dim_floor_div (tl_dim_mul (n, 6), 3), ==, tl_dim_mul (n, 2));
  g_assert_cmpint (tl_dim_div_exact (tl_dim_mul (n, 49), n), ==, 49);
  g_assert_cmpint (tl_dim_div_exact (tl_dim_mul (tl_dim_mul (n, t), 6), tl_dim_mul (t, 2)), ==, tl_dim_mul (n, 3));
  g_assert_cmpint (tl_dim_div_exact (n, 2), ==, TL_DIM_INVALID);
}

static void
test_text (void)
{
  TlDim n = tl_dim_symbol ("N"), t = tl_dim_symbol ("T");

  assert_text (64, "64");
  assert_text (n, "N");
  assert_text (tl_dim_mul (n, 49), "49*N");
  assert_text (tl_dim_add (tl_dim_floor_div (tl_dim_add (t, 1), 2), 3), "floor((T+1)/2)+3");
  assert_text (tl_dim_add (tl_dim_floor_div (tl_dim_sub (tl_dim_mul (t, 2), 1), 2), 1), "T");
  assert_text (tl_dim_floor_div (tl_dim_sub (tl_dim_mul (t, 3), 3), 2), "T+floor((T+1)/2)-2");
  assert_text (tl_dim_sub (n, 2), "N-2");
  assert_text (TL_DIM_INVALID, "?");
}

static void
test_eval (void)
{
  TlDim     n = tl_dim_symbol ("N"), t = tl_dim_symbol ("T");
  TlBinding bindings[] = { { n, 5 }, { t, 8 } };

  g_assert_cmpint (tl_dim_eval (tl_dim_mul (tl_dim_add (n, 1), t), bindings, 2), ==, 48);
  g_assert_cmpint (tl_dim_eval (tl_dim_floor_div (tl_dim_add (t, 1), 2), bindings, 2), ==, 4);
  g_assert_cmpint (tl_dim_eval (tl_dim_sub (n, t), bindings, 2), ==, -1);
  g_assert_cmpint (tl_dim_eval (n, NULL, 0), ==, -1);
  g_assert_cmpint (tl_dim_eval (7, NULL, 0), ==, 7);
}

/* An open size is as large as it has to be; between two of them nothing is known. */
static void
test_order (void)
{
  TlDim n = tl_dim_symbol ("N"), t = tl_dim_symbol ("T");

  g_assert_cmpint (tl_dim_min (3, 4), ==, 3);
  g_assert_cmpint (tl_dim_max (3, 4), ==, 4);
  g_assert_cmpint (tl_dim_min (t, t), ==, t);
  g_assert_cmpint (tl_dim_min (t, 100), ==, 100);
  g_assert_cmpint (tl_dim_max (100, t), ==, t);
  g_assert_cmpint (tl_dim_min (tl_dim_add (t, 2), tl_dim_sub (t, 1)), ==, tl_dim_sub (t, 1));
  g_assert_cmpint (tl_dim_min (tl_dim_add (t, 9), tl_dim_mul (t, 2)), ==, tl_dim_add (t, 9));
  g_assert_cmpint (tl_dim_max (tl_dim_mul (n, t), t), ==, TL_DIM_INVALID);
  g_assert_cmpint (tl_dim_min (n, t), ==, TL_DIM_INVALID);
  g_assert_cmpint (tl_dim_min (TL_DIM_INVALID, 1), ==, TL_DIM_INVALID);
}

/* Expressions that exceed the normal form's room are refused, not cut. */
static void
test_bounds (void)
{
  TlDim product = 1, sum = 0;

  for (guint i = 0; i < 20; i++) {
    g_autofree char *name = g_strdup_printf ("S%u", i);

    product = tl_dim_mul (product, tl_dim_symbol (name));
    sum = tl_dim_add (sum, tl_dim_symbol (name));
  }
  g_assert_cmpint (product, ==, TL_DIM_INVALID);
  g_assert_cmpint (sum, ==, TL_DIM_INVALID);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tensor/dim/numbers", test_numbers);
  g_test_add_func ("/tensor/dim/normal-form", test_normal_form);
  g_test_add_func ("/tensor/dim/text", test_text);
  g_test_add_func ("/tensor/dim/eval", test_eval);
  g_test_add_func ("/tensor/dim/order", test_order);
  g_test_add_func ("/tensor/dim/bounds", test_bounds);
  return g_test_run ();
}
