/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/plan-private.h"

#define MAX_BLOCKS 200

/* Blocks alive together never overlap, and the arena is not much larger than it must be. */
static void
test_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint round = 0; round < 200; round++) {
    gsize sizes[MAX_BLOCKS], offsets[MAX_BLOCKS], total, peak = 0;
    guint first[MAX_BLOCKS], last[MAX_BLOCKS];
    guint n = (guint)g_rand_int_range (rand, 0, MAX_BLOCKS);

    for (guint i = 0; i < n; i++) {
      sizes[i] = (gsize)g_rand_int_range (rand, 0, 100000);
      first[i] = (guint)g_rand_int_range (rand, 0, 50);
      last[i] = first[i] + (guint)g_rand_int_range (rand, 0, 10);
    }
    tl_plan_layout (sizes, first, last, n, offsets, &total);
    for (guint i = 0; i < n; i++) {
      g_assert_cmpuint (offsets[i] % 64, ==, 0);
      g_assert_cmpuint (offsets[i] + sizes[i], <=, total);
      for (guint j = 0; j < i; j++)
        if (sizes[i] > 0 && sizes[j] > 0 && first[i] <= last[j] && first[j] <= last[i])
          g_assert_true (offsets[i] + sizes[i] <= offsets[j] || offsets[j] + sizes[j] <= offsets[i]);
    }
    for (guint step = 0; step < 60; step++) {
      gsize live = 0;

      for (guint i = 0; i < n; i++)
        live += first[i] <= step && step <= last[i] ? (sizes[i] + 63) & ~(gsize)63 : 0;
      peak = MAX (peak, live);
    }
    g_assert_cmpuint (total, <=, peak + peak / 2);
  }
}

static void
test_reuse (void)
{
  const gsize sizes[] = { 1000, 1000, 1000 };
  const guint first[] = { 0, 1, 2 }, last[] = { 1, 2, 3 };
  gsize       offsets[3], total;

  tl_plan_layout (sizes, first, last, 3, offsets, &total);
  g_assert_cmpuint (offsets[0], ==, offsets[2]);
  g_assert_cmpuint (total, ==, 2 * 1024);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/layout/random", test_random);
  g_test_add_func ("/graph/layout/reuse", test_reuse);
  return g_test_run ();
}
