/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Selecting and adding by index, with repeated, negative and wrong indices.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/index.h"

static void
check_select (const TlKernels *kernels, TlDType dtype)
{
  const TlDType index_dtypes[] = { TL_DTYPE_I64, TL_DTYPE_I32, TL_DTYPE_U8 };

  for (int t = 0; t < 3; t++) {
    TlIndexArgs  args = { .dtype = dtype, .index_dtype = index_dtypes[t], .outer = 3, .axis = 11, .inner = t == 1 ? 1 : 37, .n_indices = 500 };
    gsize        size = tl_dtype_size (dtype), n = (gsize)(3 * 500 * args.inner), n_source = (gsize)(3 * 11 * args.inner);
    void        *source = random_elements (dtype, n_source, -1, 1, 1), *y = guarded_new (n * size);
    void        *indices = random_elements (index_dtypes[t], 500, t < 2 ? -11 : 0, 11, 2);
    TlIndexError error = { 0 };

    run_kernel (&kernels->index_select, &args, (void *const[]){ source, indices, y, &error }, RUN_BACKWARDS);
    g_assert_cmpint (error.is_set, ==, 0);
    for (gint64 i = 0; i < (gint64)n; i++) {
      gint64 inner = i % args.inner, j = i / args.inner % 500, o = i / args.inner / 500, at = (gint64)get_element (index_dtypes[t], indices, j);

      at += at < 0 ? 11 : 0;
      assert_near (get_element (dtype, y, i), get_element (dtype, source, (o * 11 + at) * args.inner + inner), 0, "select", i);
    }
    set_element (index_dtypes[t], indices, 250, 11);
    run_kernel (&kernels->index_select, &args, (void *const[]){ source, indices, y, &error }, RUN_FORWARDS);
    g_assert_cmpint (error.is_set, ==, 1);
    g_assert_cmpint (error.at, ==, 250);
    g_assert_cmpint (error.index, ==, 11);
    g_assert_cmpint (error.size, ==, 11);
    assert_near (get_element (dtype, y, 250 * args.inner), 0, 0, "wrong index", 0);
    guarded_free (source, n_source * size);
    guarded_free (indices, 500 * tl_dtype_size (index_dtypes[t]));
    guarded_free (y, n * size);
  }
}

static void
check_add (const TlKernels *kernels, TlDType dtype)
{
  TlIndexArgs  args = { .dtype = dtype, .index_dtype = TL_DTYPE_I64, .outer = 1, .axis = 1000, .inner = 130, .n_indices = 700 };
  gsize        size = tl_dtype_size (dtype);
  void        *source = random_elements (dtype, 700 * 130, -1, 1, 1), *y = guarded_new (130000 * size), *z = guarded_new (130000 * size);
  gint64      *indices = random_elements (TL_DTYPE_I64, 700, -5, 40, 2);
  double      *want = g_new0 (double, 130000);
  TlIndexError error = { 0 };

  indices[0] = 999;
  indices[1] = 1000;
  indices[2] = -1001;
  run_kernel (&kernels->index_add_rows, &args, (void *const[]){ source, indices, y, &error }, RUN_FORWARDS);
  run_kernel (&kernels->index_add_rows, &args, (void *const[]){ source, indices, z, NULL }, RUN_BACKWARDS);
  g_assert_cmpint (error.is_set, ==, 1);
  g_assert_cmpint (error.at, ==, 1);
  g_assert_cmpint (error.index, ==, 1000);
  g_assert_cmpmem (y, 130000 * size, z, 130000 * size);
  for (gint64 j = 0; j < 700; j++) {
    gint64 v = indices[j] < 0 ? indices[j] + 1000 : indices[j];

    for (gint64 i = 0; v >= 0 && v < 1000 && i < 130; i++)
      want[v * 130 + i] += get_element (dtype, source, j * 130 + i);
  }
  for (gint64 i = 0; i < 130000; i++)
    assert_near (get_element (dtype, y, i), want[i], tolerance (dtype, 1e-5, 1e-13), "add", i);
  guarded_free (source, 700 * 130 * size);
  guarded_free (y, 130000 * size);
  guarded_free (z, 130000 * size);
  guarded_free ((guint8 *)indices, 700 * 8);
  g_free (want);
}

static void
check_one_hot (const TlKernels *kernels, TlDType dtype)
{
  TlIndexArgs  args = { .dtype = dtype, .index_dtype = TL_DTYPE_I32, .axis = 7, .n_indices = 5 };
  gint32       indices[5] = { 6, 0, -1, 3, 7 };
  TlIndexError error = { 0 };
  void        *y = guarded_new (35 * tl_dtype_size (dtype));

  run_kernel (&kernels->one_hot, &args, (void *const[]){ indices, y, &error }, RUN_FORWARDS);
  g_assert_cmpint (error.is_set, ==, 1);
  for (int i = 0; i < 35; i++)
    g_assert_cmpfloat (get_element (dtype, y, i), ==, indices[i / 7] == i % 7 ? 1 : 0);
  guarded_free (y, 35 * tl_dtype_size (dtype));
}

#define EACH(name)                       \
  static void test_##name (void)         \
  {                                      \
    each_level_and_float (check_##name); \
  }
EACH (select)
EACH (add)
EACH (one_hot)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/index/select", test_select);
  g_test_add_func ("/kernels/index/add-rows", test_add);
  g_test_add_func ("/kernels/index/one-hot", test_one_hot);
  return g_test_run ();
}
