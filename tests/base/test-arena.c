/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/arena.h"

static void
test_blocks (void)
{
  g_auto (TlArena) arena = { 0 };
  guint8          *blocks[100];

  for (guint i = 0; i < 100; i++) {
    blocks[i] = tl_arena_alloc0 (&arena, i * 37 + 1);
    g_assert_cmpuint ((guintptr)blocks[i] % 16, ==, 0);
    for (guint j = 0; j < i * 37 + 1; j++)
      g_assert_cmpuint (blocks[i][j], ==, 0);
    memset (blocks[i], (int)i, i * 37 + 1);
  }
  for (guint i = 0; i < 100; i++)
    for (guint j = 0; j < i * 37 + 1; j++)
      g_assert_cmpuint (blocks[i][j], ==, i);
}

static void
test_large (void)
{
  g_auto (TlArena) arena = { 0 };
  guint8          *small = tl_arena_dup (&arena, "abc", 4);
  guint8          *large = tl_arena_alloc0 (&arena, 1000000);

  large[999999] = 1;
  g_assert_cmpstr ((const char *)small, ==, "abc");
}

static void
test_reset (void)
{
  g_auto (TlArena) arena = { 0 };
  gpointer         first = tl_arena_alloc0 (&arena, 64);

  tl_arena_reset (&arena);
  g_assert_true (tl_arena_alloc0 (&arena, 64) == first);
}

static void
count (gpointer n)
{
  ++*(guint *)n;
}

/* What is kept is released with the blocks, once. */
static void
test_keep (void)
{
  TlArena arena = { 0 };
  guint   n = 0;

  for (guint i = 0; i < 1000; i++)
    tl_arena_keep (&arena, count, &n);
  g_assert_cmpuint (n, ==, 0);
  tl_arena_reset (&arena);
  g_assert_cmpuint (n, ==, 1000);
  tl_arena_keep (&arena, count, &n);
  tl_arena_reset (&arena);
  g_assert_cmpuint (n, ==, 1001);
  tl_arena_reset (&arena);
  tl_arena_keep (&arena, count, &n);
  tl_arena_clear (&arena);
  g_assert_cmpuint (n, ==, 1002);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/arena/blocks", test_blocks);
  g_test_add_func ("/base/arena/large", test_large);
  g_test_add_func ("/base/arena/reset", test_reset);
  g_test_add_func ("/base/arena/keep", test_keep);
  return g_test_run ();
}
