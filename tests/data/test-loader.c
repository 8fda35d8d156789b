/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/data/loader.h"

static TlDataset *
make_numbers (guint n)
{
  const TlDim          shape[] = { n, 1 };
  g_autoptr (TlTensor) x = tl_tensor_new (TL_DTYPE_I32, 2, shape, NULL);
  TlDataset           *dataset = tl_dataset_new ("numbers");

  for (guint i = 0; i < n; i++)
    ((gint32 *)tl_tensor_peek_data (x))[i] = (gint32)i;
  g_assert_true (tl_dataset_add_field (dataset, "x", x, NULL));
  return dataset;
}

static TlLoader *
make_loader (guint    n,
             gsize    batch_size,
             gboolean shuffle,
             gboolean drop_last,
             gboolean synchronous)
{
  g_autoptr (TlDataset) dataset = make_numbers (n);
  g_autoptr (GError)    error = NULL;
  const TlLoaderOptions options = { .dataset = dataset, .batch_size = batch_size, .shuffle = shuffle, .drop_last = drop_last, .synchronous = synchronous, .seed = 5 };
  TlLoader             *loader = tl_loader_new (&options, &error);

  g_assert_no_error (error);
  return loader;
}

/* The numbers of an epoch, -1 between batches. */
static GArray *
read_epoch (TlLoader *loader)
{
  GArray   *seen = g_array_new (FALSE, FALSE, sizeof (gint32));
  TlTensor *fields[1];
  gsize     n;

  for (;;) {
    const gint32 end = -1;

    g_assert_true (tl_loader_next (loader, fields, &n, NULL));
    if (n == 0)
      return seen;
    g_assert_cmpint (tl_tensor_get_shape (fields[0])[0], ==, n);
    g_array_append_vals (seen, tl_tensor_peek_data (fields[0]), (guint)n);
    g_array_append_val (seen, end);
  }
}

static void
assert_same (GArray *a,
             GArray *b)
{
  g_assert_cmpmem (a->data, a->len * 4, b->data, b->len * 4);
}

static void
test_order (void)
{
  g_autoptr (TlLoader) loader = make_loader (10, 4, FALSE, FALSE, FALSE);
  g_autoptr (TlLoader) dropping = make_loader (10, 4, FALSE, TRUE, FALSE);
  const gint32         all[] = { 0, 1, 2, 3, -1, 4, 5, 6, 7, -1, 8, 9, -1 };

  g_assert_cmpuint (tl_loader_get_n_batches (loader), ==, 3);
  g_assert_cmpuint (tl_loader_get_n_batches (dropping), ==, 2);
  g_assert_cmpuint (tl_loader_get_n_items (dropping), ==, 8);
  for (guint epoch = 0; epoch < 3; epoch++) {
    g_autoptr (GArray) seen = read_epoch (loader), most = read_epoch (dropping);

    g_assert_cmpmem (seen->data, seen->len * 4, all, sizeof all);
    g_assert_cmpmem (most->data, most->len * 4, all, 10 * 4);
  }
}

static void
test_shuffle (void)
{
  g_autoptr (TlLoader) ahead = make_loader (1000, 64, TRUE, FALSE, FALSE);
  g_autoptr (TlLoader) direct = make_loader (1000, 64, TRUE, FALSE, TRUE);
  g_autoptr (GArray)   before = NULL;

  for (guint epoch = 0; epoch < 4; epoch++) {
    g_autoptr (GArray) a = read_epoch (ahead), b = read_epoch (direct);
    g_autofree guint8 *seen = g_new0 (guint8, 1000);

    assert_same (a, b);
    for (guint i = 0; i < a->len; i++)
      if (g_array_index (a, gint32, i) >= 0)
        g_assert_cmpuint (seen[g_array_index (a, gint32, i)]++, ==, 0);
    for (guint i = 0; i < 1000; i++)
      g_assert_cmpuint (seen[i], ==, 1);
    if (before != NULL)
      g_assert_cmpint (memcmp (before->data, a->data, a->len * 4), !=, 0);
    g_clear_pointer (&before, g_array_unref);
    before = g_steal_pointer (&a);
  }
}

static void
test_position (void)
{
  g_autoptr (TlLoader) whole = make_loader (100, 7, TRUE, FALSE, FALSE);
  g_autoptr (GArray)   skipped = read_epoch (whole), rest = NULL, again = NULL;
  TlTensor            *fields[1];
  TlLoaderPosition     position;
  gsize                n;

  for (guint i = 0; i < 5; i++)
    g_assert_true (tl_loader_next (whole, fields, &n, NULL));
  tl_loader_get_position (whole, &position);
  g_assert_cmpuint (position.epoch, ==, 1);
  g_assert_cmpuint (position.batch, ==, 5);
  rest = read_epoch (whole);
  for (guint i = 0; i < 50; i++) {
    g_autoptr (TlLoader) fresh = make_loader (100, 7, TRUE, FALSE, i % 2);
    g_autoptr (GArray)   seen = NULL;

    for (guint j = 0; j < i % 4; j++)
      g_assert_true (tl_loader_next (fresh, fields, &n, NULL));
    tl_loader_set_position (fresh, &position);
    seen = read_epoch (fresh);
    assert_same (seen, rest);
  }
  /* Back to the beginning, from inside the next epoch. */
  g_assert_true (tl_loader_next (whole, fields, &n, NULL));
  tl_loader_set_position (whole, &(TlLoaderPosition){ 0 });
  again = read_epoch (whole);
  assert_same (again, skipped);
  /* The end of an epoch is a position too. */
  tl_loader_set_position (whole, &(TlLoaderPosition){ 0, 15 });
  g_assert_true (tl_loader_next (whole, fields, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
}

static void
test_held (void)
{
  g_autoptr (TlLoader)  loader = make_loader (64, 4, FALSE, FALSE, FALSE);
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  TlTensor             *fields[1];
  gsize                 n;

  for (guint i = 0; i < 16; i++) {
    g_assert_true (tl_loader_next (loader, fields, &n, NULL));
    g_ptr_array_add (held, tl_tensor_ref (fields[0]));
  }
  g_assert_true (tl_loader_next (loader, fields, &n, NULL));
  for (guint i = 0; i < 64; i++)
    g_assert_cmpfloat (tl_tensor_peek_element (held->pdata[i / 4], i % 4), ==, i);
}

static void
test_memory (void)
{
  g_autoptr (TlLoader) loader = make_loader (1000, 64, TRUE, FALSE, FALSE);
  g_autoptr (GArray)   first = read_epoch (loader);
  TlMemoryStats        before, after;
  TlTensor            *fields[1];
  gsize                n;

  tl_memory_get_stats (&before);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (tl_loader_next (loader, fields, &n, NULL));
  tl_memory_get_stats (&after);
  g_assert_cmpuint (after.n_allocs, ==, before.n_allocs);
}

static void
test_errors (void)
{
  g_autoptr (TlDataset) none = make_numbers (0), few = make_numbers (3);
  g_autoptr (GError)    error = NULL;

  g_assert_null (tl_loader_new (&(TlLoaderOptions){ .dataset = none, .batch_size = 4 }, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_null (tl_loader_new (&(TlLoaderOptions){ .dataset = few, .batch_size = 4, .drop_last = TRUE }, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data/loader/order", test_order);
  g_test_add_func ("/data/loader/shuffle", test_shuffle);
  g_test_add_func ("/data/loader/position", test_position);
  g_test_add_func ("/data/loader/held", test_held);
  g_test_add_func ("/data/loader/memory", test_memory);
  g_test_add_func ("/data/loader/errors", test_errors);
  return g_test_run ();
}
