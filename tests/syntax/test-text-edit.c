/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/text-edit.h"

#include <string.h>

static void
test_positions (void)
{
  const char *text = "aé\n\nxyz";
  gsize       n = strlen (text);
  guint       line, column;

  tl_text_position (text, n, 3, &line, &column);
  g_assert_cmpuint (line, ==, 0);
  g_assert_cmpuint (column, ==, 2);
  tl_text_position (text, n, n, &line, &column);
  g_assert_cmpuint (line, ==, 2);
  g_assert_cmpuint (column, ==, 3);
  g_assert_cmpuint (tl_text_offset_of (text, n, 0, 2), ==, 3);
  g_assert_cmpuint (tl_text_offset_of (text, n, 0, 99), ==, 3);
  g_assert_cmpuint (tl_text_offset_of (text, n, 1, 0), ==, 4);
  g_assert_cmpuint (tl_text_offset_of (text, n, 2, 1), ==, 6);
  g_assert_cmpuint (tl_text_offset_of (text, n, 9, 0), ==, n);
  g_assert_cmpuint (tl_text_chars_before (text, n, n), ==, n - 1);
  for (gsize i = 0; i <= n; i++)
    if ((text[i] & 0xc0) != 0x80)
      g_assert_cmpuint (tl_text_offset_of_char (text, n, tl_text_chars_before (text, n, i)), ==, i);
}

static void
test_edits (void)
{
  g_autoptr (GPtrArray) edits = tl_text_edits_new ();
  g_autofree char      *text = NULL;

  tl_text_edits_add (edits, 4, 5, "E");
  tl_text_edits_add (edits, 0, 1, "AA");
  tl_text_edits_add (edits, 2, 2, "<");
  tl_text_edits_add (edits, 2, 2, ">");
  text = tl_text_edits_apply (edits, "abcde", 5);
  g_assert_cmpstr (text, ==, "AAb<>cdE");
}

static void
test_names (void)
{
  const char *names[] = { "epochs", "batch", "lr" };

  g_assert_true (tl_name_is_valid ("_a1"));
  g_assert_false (tl_name_is_valid (""));
  g_assert_false (tl_name_is_valid (NULL));
  g_assert_false (tl_name_is_valid ("1a"));
  g_assert_false (tl_name_is_valid ("end"));
  g_assert_false (tl_name_is_valid ("é"));
  g_assert_cmpstr (tl_name_suggest ("epoch", names, 3), ==, "epochs");
  g_assert_cmpstr (tl_name_suggest ("epcohs", names, 3), ==, "epochs");
  g_assert_cmpstr (tl_name_suggest ("LR", names, 3), ==, "lr");
  g_assert_null (tl_name_suggest ("momentum", names, 3));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/syntax/text-edit/positions", test_positions);
  g_test_add_func ("/syntax/text-edit/edits", test_edits);
  g_test_add_func ("/syntax/text-edit/names", test_names);
  return g_test_run ();
}
