/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"

static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 63, 64, 65, 511, 512, 513, 576, 577, 1023, 1024, 1025, 4097, 100000, 1 << 20, (1 << 20) + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint8  *block = tl_memory_alloc (sizes[i], NULL);
    gpointer again;

    g_assert_nonnull (block);
    g_assert_cmpuint ((guintptr)block % 64, ==, 0);
    memset (block, 1, sizes[i]);
    tl_memory_free (block, sizes[i]);
    again = tl_memory_alloc (sizes[i], NULL);
    g_assert_true (again == block);
    tl_memory_free (again, sizes[i]);
  }
}

static void
test_accounts (void)
{
  TlMemoryStats before, during, after;
  gpointer      block;

  tl_memory_trim ();
  tl_memory_get_stats (&before);
  block = tl_memory_alloc (100000, NULL);
  tl_memory_get_stats (&during);
  g_assert_cmpuint (during.n_live - before.n_live, >=, 100000);
  g_assert_cmpuint (during.n_live - before.n_live, <=, 112500 + 64);
  tl_memory_free (block, 100000);
  tl_memory_get_stats (&after);
  g_assert_cmpuint (after.n_live, ==, before.n_live);
  g_assert_cmpuint (after.n_cached, ==, during.n_live - before.n_live);
  tl_memory_trim ();
  tl_memory_get_stats (&after);
  g_assert_cmpuint (after.n_cached, ==, 0);
}

static guint n_reclaims;

static void
reclaim_cb (gpointer data)
{
  gpointer *block = data;

  n_reclaims++;
  tl_memory_free (g_steal_pointer (block), 600000);
}

static void
test_limit (void)
{
  g_autoptr (GError) error = NULL;
  TlMemoryStats      stats;
  gpointer           first, second;

  tl_memory_trim ();
  tl_memory_get_stats (&stats);
  tl_memory_set_limit (stats.n_live + 1000000);
  first = tl_memory_alloc (600000, &error);
  g_assert_no_error (error);
  g_assert_null (tl_memory_alloc (600000, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_MEMORY);
  g_assert_nonnull (strstr (error->message, "limit"));
  g_clear_error (&error);
  g_assert_false (tl_memory_charge (600000));

  tl_memory_set_reclaim (reclaim_cb, &first);
  second = tl_memory_alloc (600000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_reclaims, ==, 1);
  g_assert_null (first);
  tl_memory_set_reclaim (NULL, NULL);
  tl_memory_free (second, 600000);
  tl_memory_set_limit (0);
}

static void
test_huge (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (tl_memory_alloc (G_MAXSIZE - 10, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_MEMORY);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/memory/sizes", test_sizes);
  g_test_add_func ("/base/memory/accounts", test_accounts);
  g_test_add_func ("/base/memory/limit", test_limit);
  g_test_add_func ("/base/memory/huge", test_huge);
  return g_test_run ();
}
