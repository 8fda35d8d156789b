/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Gathering and scattering against plain loops, with repeated, negative and wrong indices.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/gather.h"

enum { A = 6,
       B = 50,
       C = 9 }; /* x is [A, B, C], the index [5, 3000, 7] along axis 1 */

static void
check (TlDType dtype, int add)
{
  TlGatherArgs args = { .dtype = dtype, .index_dtype = TL_DTYPE_I64, .rank = 3, .axis = 1, .fold = add ? TL_SCATTER_ADD : TL_SCATTER_SET, .x_shape = { A, B, C }, .index_shape = { 5, 3000, 7 } };
  gsize        size = tl_dtype_size (dtype), n_x = A * B * C, n = 5 * 3000 * 7;
  void        *x = random_elements (dtype, n_x, 0, 9, 1), *source = random_elements (dtype, n, 0, 9, 2);
  gint64      *index = random_elements (TL_DTYPE_I64, n, -B, B, 3);
  void        *gathered = guarded_new (n * size), *y = guarded_new (n_x * size), *z = guarded_new (n_x * size);
  void        *want = guarded_new (n_x * size);
  TlIndexError error = { 0 };

  memcpy (want, x, n_x * size);
  run_kernel (&tl_gather_kernel, &args, (void *const[]){ x, index, gathered, &error }, RUN_BACKWARDS);
  run_kernel (&tl_scatter_kernel, &args, (void *const[]){ x, index, source, y, &error }, RUN_FORWARDS);
  run_kernel (&tl_scatter_kernel, &args, (void *const[]){ x, index, source, z, NULL }, RUN_BACKWARDS);
  g_assert_cmpint (error.is_set, ==, 0);
  g_assert_cmpmem (y, n_x * size, z, n_x * size);
  for (gint64 i = 0; i < (gint64)n; i++) {
    gint64 at = index[i] + (index[i] < 0 ? B : 0), k = (i / (3000 * 7) * B + at) * C + i % 7;
    double value = get_element (dtype, source, i);

    g_assert_cmpfloat (get_element (dtype, gathered, i), ==, get_element (dtype, x, k));
    set_element (dtype, want, k, add ? get_element (dtype, want, k) + value : value);
  }
  for (gint64 k = 0; k < (gint64)n_x; k++)
    assert_near (get_element (dtype, y, k), get_element (dtype, want, k), add && dtype == TL_DTYPE_F32 ? 0.1 : 1e-6, "scatter", k);
  index[1234] = B;
  index[777] = -B - 1;
  run_kernel (&tl_scatter_kernel, &args, (void *const[]){ x, index, source, y, &error }, RUN_BACKWARDS);
  g_assert_cmpint (error.is_set, ==, 1);
  g_assert_cmpint (error.at, ==, 777);
  g_assert_cmpint (error.index, ==, -B - 1);
  g_assert_cmpint (error.size, ==, B);
  guarded_free (x, n_x * size);
  guarded_free (source, n * size);
  guarded_free ((guint8 *)index, n * 8);
  guarded_free (gathered, n * size);
  guarded_free (y, n_x * size);
  guarded_free (z, n_x * size);
  guarded_free (want, n_x * size);
}

static void
test_put (void)
{
  const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I64, TL_DTYPE_I32, TL_DTYPE_U8 };

  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++)
    check (dtypes[t], 0);
}

static void
test_add (void)
{
  const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I64, TL_DTYPE_I32 };

  for (guint t = 0; t < G_N_ELEMENTS (dtypes); t++)
    check (dtypes[t], 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/gather/put", test_put);
  g_test_add_func ("/kernels/gather/add", test_add);
  return g_test_run ();
}
