/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document.h"

#include <string.h>

/* Thousands of random commands on random documents: the file always reads back as what is shown, and undoing gives the bytes. */

static const char *const lines[] = {
  "# Title",
  "text",
  "",
  "  ",
  "```lua {#a}",
  "```graph {#b}",
  "````lua {#c}",
  "```",
  "````",
  "```c",
  "~~~",
  "~~~~",
  "x = 1",
  "n1 = Input { shape = {N, 4} }",
  "n2 = ReLU(n1)",
  "--@ n1 1,2",
  "---",
  "trellis: 1",
  "seed: 3",
  "\xff\xfe",
  "é",
  "```lua {#}",
  "<<<<<<< a",
  "=======",
  ">>>>>>> b",
  "``` ",
  "```lua {#a} x",
  "p = {1, 2}",
};

static GBytes *
random_file (GRand *random)
{
  GString *out = g_string_new (g_rand_int_range (random, 0, 6) ? "" : "\xef\xbb\xbf");
  guint    n = g_rand_int_range (random, 0, 30);
  gboolean crlf = g_rand_boolean (random);

  if (g_rand_boolean (random))
    g_string_append (out, "---\ntrellis: 1\nseed: 4\n---\n");
  while (n-- > 0) {
    g_string_append (out, lines[g_rand_int_range (random, 0, G_N_ELEMENTS (lines))]);
    if (n > 0 || g_rand_boolean (random))
      g_string_append (out, (crlf || !g_rand_int_range (random, 0, 9)) ? "\r\n" : "\n");
  }
  return g_string_free_to_bytes (out);
}

static char *
random_text (GRand *random)
{
  GString *out = g_string_new (NULL);
  guint    n = g_rand_int_range (random, 0, 5);

  while (n-- > 0)
    g_string_append_printf (out, "%s%s", lines[g_rand_int_range (random, 0, G_N_ELEMENTS (lines))],
                            n || g_rand_boolean (random) ? "\n" : "");
  return g_string_free (out, FALSE);
}

static void
random_graph_command (TlDocument *document,
                      TlCell     *cell,
                      GRand      *random)
{
  TlGraphText     *graph = tl_graph_text_ref (tl_cell_get_graph (cell));
  const char      *node = graph->n_nodes ? graph->nodes[g_rand_int_range (random, 0, graph->n_nodes)].name : "n1";
  const char      *other = graph->n_nodes ? graph->nodes[g_rand_int_range (random, 0, graph->n_nodes)].name : "n1";
  double           x = g_rand_int_range (random, -9, 9), y = g_rand_int_range (random, -9, 9);
  g_autofree char *name = tl_graph_text_unique_name (graph, "m");

  switch (g_rand_int_range (random, 0, 8)) {
  case 0:
  case 1:
    g_free (tl_document_add_node (document, cell, NULL, "Row", NULL, "k = 1", g_rand_boolean (random), x, y, NULL));
    break;
  case 2:
    tl_document_remove_nodes (document, cell, (const char *const[]){ node, NULL }, NULL);
    break;
  case 3:
    tl_document_rename_node (document, cell, node, name, NULL);
    break;
  case 4:
    tl_document_connect_nodes (document, cell, node, g_rand_int_range (random, 0, 3), g_rand_boolean (random) ? other : NULL, NULL);
    break;
  case 5:
    tl_document_set_attr (document, cell, node, "k", g_rand_boolean (random) ? "\"v\"" : NULL, NULL);
    break;
  case 6:
    tl_document_set_param (document, cell, "width", g_rand_boolean (random) ? "8" : NULL, NULL);
    break;
  default:
    tl_document_move_nodes (document, cell, 1, &node, &x, &y, NULL);
  }
  tl_graph_text_unref (graph);
}

static void
random_command (TlDocument *document,
                GRand      *random)
{
  guint            n = tl_document_get_n_cells (document);
  TlCell          *cell = n ? tl_document_get_cell (document, g_rand_int_range (random, 0, n)) : NULL;
  g_autofree char *text = random_text (random);
  int              what = g_rand_int_range (random, 0, 24);
  gsize            length = 0, start;

  if (cell == NULL || (what == 0 && n < 30)) {
    tl_document_insert_cell (document, n ? g_rand_int_range (random, 0, n + 1) : 0, g_rand_int_range (random, 0, 3), NULL, text, NULL);
    return;
  }
  tl_cell_get_text (cell, &length);
  start = g_rand_int_range (random, 0, length + 1);
  if (what == 1)
    tl_document_remove_cell (document, cell, NULL);
  else if (what == 2)
    tl_document_move_cell (document, cell, g_rand_int_range (random, 0, n), NULL);
  else if (what == 3)
    tl_document_set_cell_kind (document, cell, g_rand_int_range (random, 0, 3), NULL);
  else if (what == 4)
    tl_document_set_cell_id (document, cell, "other", NULL);
  else if (what == 5)
    tl_document_set_front_matter (document, g_rand_boolean (random) ? "seed" : "name", g_rand_boolean (random) ? "77" : NULL, NULL);
  else if (what == 6)
    tl_document_undo (document, NULL);
  else if (what == 7)
    tl_document_redo (document, NULL);
  else if (what == 8)
    tl_document_split_cell (document, cell, start, NULL);
  else if (what < 14 && tl_cell_get_kind (cell) == TL_CELL_GRAPH)
    random_graph_command (document, cell, random);
  else
    tl_document_replace_text (document, cell, start, MIN (length - start, (gsize)(what % 4)), what % 3 ? text : "x", -1, NULL);
}

/* The cells that matter after reading again: code, in order, with its text.  Prose next to prose becomes one. */
static char *
code_of (TlDocument *document)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < tl_document_get_n_cells (document); i++) {
    TlCell *cell = tl_document_get_cell (document, i);

    if (tl_cell_get_kind (cell) != TL_CELL_TEXT)
      g_string_append_printf (out, "[%d %s %s]\n", tl_cell_get_kind (cell), tl_cell_get_id (cell), tl_cell_get_text (cell, NULL));
  }
  return g_string_free (out, FALSE);
}

static void
assert_reads_back (TlDocument *document)
{
  g_autoptr (GBytes)     bytes = tl_document_to_bytes (document);
  g_autoptr (TlDocument) again = tl_document_new_from_bytes (bytes, NULL);
  g_autoptr (GBytes)     twice = tl_document_to_bytes (again);
  g_autofree char       *shown = code_of (document);
  g_autofree char       *read = code_of (again);
  guint                  first_shown, first_read;

  g_assert_true (g_bytes_equal (bytes, twice));
  for (gsize i = 0; shown[i] != 0; i++)
    if (shown[i] != read[i]) {
      g_test_message ("shown: %.200s\nread: %.200s", shown + MAX (i, 60) - 60, read + MAX (i, 60) - 60);
      break;
    }
  g_assert_true (g_str_equal (shown, read));
  for (guint i = 0, k = 0; i < tl_document_get_n_cells (document); i++) {
    TlCell *cell = tl_document_get_cell (document, i);

    if (tl_cell_get_kind (cell) == TL_CELL_TEXT)
      continue;
    while (tl_cell_get_kind (tl_document_get_cell (again, k)) == TL_CELL_TEXT)
      k++;
    tl_cell_get_lines (cell, &first_shown, NULL);
    tl_cell_get_lines (tl_document_get_cell (again, k++), &first_read, NULL);
    g_assert_cmpuint (first_shown, ==, first_read);
  }
}

static void
test_untouched (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (guint i = 0; i < 20000; i++) {
    g_autoptr (GBytes)     bytes = random_file (random);
    g_autoptr (TlDocument) document = tl_document_new_from_bytes (bytes, NULL);
    g_autoptr (GBytes)     again = tl_document_to_bytes (document);

    g_assert_true (g_bytes_equal (bytes, again));
    g_assert_nonnull (tl_document_get_diagnostics (document));
  }
}

static void
run_commands (GRand *random,
              guint  n_commands)
{
  g_autoptr (GBytes)     bytes = random_file (random);
  g_autoptr (TlDocument) document = tl_document_new_from_bytes (bytes, NULL);
  g_autoptr (GBytes)     end = NULL;
  g_autoptr (GBytes)     now = NULL;
  guint                  n_steps, position;

  for (guint i = 0; i < n_commands; i++) {
    random_command (document, random);
    if (n_commands < 1000 || i % 50 == 0)
      assert_reads_back (document);
  }
  end = tl_document_to_bytes (document);
  tl_document_get_history (document, &n_steps, &position);
  while (tl_document_undo (document, NULL))
    ;
  now = tl_document_to_bytes (document);
  g_assert_true (g_bytes_equal (bytes, now));
  g_assert_false (tl_document_is_modified (document));
  g_bytes_unref (now);
  tl_document_go_to (document, position);
  now = tl_document_to_bytes (document);
  g_assert_true (g_bytes_equal (end, now));
}

static void
test_undo_all (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);

  run_commands (random, 10000);
}

static void
test_many (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < 300; i++)
    run_commands (random, 40);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document/random/untouched", test_untouched);
  g_test_add_func ("/document/random/many", test_many);
  g_test_add_func ("/document/random/undo-all", test_undo_all);
  return g_test_run ();
}
