/* SPDX-License-Identifier: Apache-2.0 */

/* Finding and replacing in a document.  No display. */

#include <glib.h>

#include "ui/notebook/find.h"

static const char source[] = "---\ntrellis: 1\n---\n# Über Träume\n\nTrain the model, then TEST it.\n\n```lua {#load}\ntrain, test = data.digits()\n"
                             "-- über test\n```\n\n```graph {#net}\nimage = Input { shape = {N, 4} }\nlogits = Linear(image) { out = 2 }\n```\n";

static TlDocument *
make_document (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (source, sizeof source - 1);
  g_autoptr (GError) error = NULL;
  TlDocument        *document = tl_document_new_from_bytes (bytes, &error);

  g_assert_no_error (error);
  return document;
}

static void
check_n (const char *needle,
         gboolean    match_case,
         guint       wanted)
{
  g_autoptr (TlDocument) document = make_document ();
  g_autoptr (GArray)     found = tl_find_all (document, needle, match_case);

  g_assert_cmpuint (found->len, ==, wanted);
  for (guint i = 0; i < found->len; i++) {
    const TlFindMatch *match = &g_array_index (found, TlFindMatch, i);
    g_autofree char   *text = g_strndup (tl_cell_get_text (match->cell, NULL) + match->start, match->n_bytes);
    g_autofree char   *a = g_utf8_casefold (text, -1);
    g_autofree char   *b = g_utf8_casefold (needle, -1);

    g_assert_cmpstr (match_case ? text : a, ==, match_case ? needle : b);
  }
}

static void
test_find (void)
{
  check_n ("test", FALSE, 3);
  check_n ("test", TRUE, 2);
  check_n ("image", TRUE, 2);
  check_n ("ÜBER", FALSE, 2);
  check_n ("ÜBER", TRUE, 0);
  check_n ("", FALSE, 0);
  check_n ("tt", FALSE, 0);
  check_n ("nowhere", FALSE, 0);
}

/* Matches do not overlap, and a replacement may hold what is replaced. */
static void
test_replace (void)
{
  g_autoptr (TlDocument) document = make_document ();
  TlCell                *cell = tl_document_find_cell (document, "load");
  g_autoptr (GBytes)     before = tl_document_to_bytes (document);
  g_autoptr (GBytes)     after = NULL;
  g_autoptr (GError)     error = NULL;

  g_assert_cmpuint (tl_find_replace_all (document, "test", FALSE, "test_set", &error), ==, 3);
  g_assert_no_error (error);
  g_assert_cmpstr (tl_cell_get_text (cell, NULL), ==, "train, test_set = data.digits()\n-- über test_set");
  g_assert_true (tl_document_undo (document, NULL));
  after = tl_document_to_bytes (document);
  g_assert_true (g_bytes_equal (before, after));
  g_assert_false (tl_document_can_undo (document));
  tl_document_set_text (document, cell, "aaaa", NULL);
  g_assert_cmpuint (tl_find_replace_all (document, "aa", TRUE, "a", &error), ==, 2);
  g_assert_cmpstr (tl_cell_get_text (cell, NULL), ==, "aa");
  g_assert_cmpuint (tl_find_replace_all (document, "zz", TRUE, "a", &error), ==, 0);
}

/* Renaming a node everywhere keeps the graph a graph. */
static void
test_replace_in_graph (void)
{
  g_autoptr (TlDocument) document = make_document ();
  TlCell                *cell = tl_document_find_cell (document, "net");
  g_autoptr (GError)     error = NULL;

  g_assert_cmpuint (tl_find_replace_all (document, "image", TRUE, "picture", &error), ==, 2);
  g_assert_nonnull (tl_graph_text_find_node (tl_cell_get_graph (cell), "picture", NULL));
  g_assert_cmpuint (tl_cell_get_graph (cell)->n_errors, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ui/find/find", test_find);
  g_test_add_func ("/ui/find/replace", test_replace);
  g_test_add_func ("/ui/find/replace-in-graph", test_replace_in_graph);
  return g_test_run ();
}
