/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/graph-edit.h"

#include <string.h>

#include "core/base/error.h"

static const char base[] = "width = 32\n"
                           "a = Input { shape = {N, 1} }\n"
                           "b = Linear(a) { out = width } -- keep\n"
                           "c = ReLU(b)\n"
                           "d = Add(b, c)\n"
                           "--@ a 1,1\n"
                           "--@ c 3,1";

typedef struct {
  TlGraphText  *graph;
  TlGraphSource source;
} Fixture;

static Fixture
open_text (const char *text)
{
  Fixture f = { tl_graph_text_parse (text, -1), { NULL, text, strlen (text) } };

  f.source.graph = f.graph;
  return f;
}

static void
assert_result (Fixture     *f,
               TlTextEdits *edits,
               GError      *error,
               const char  *expected)
{
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = tl_text_edits_apply (edits, f->source.text, f->source.length);
  g_assert_cmpstr (text, ==, expected);
  g_ptr_array_unref (edits);
  tl_graph_text_unref (f->graph);
}

#define CHECK(text, call, expected)               \
  {                                               \
    Fixture      f = open_text (text);            \
    GError      *error = NULL;                    \
    TlTextEdits *edits = call;                    \
    assert_result (&f, edits, error, (expected)); \
  }

#define CHECK_ERROR(text, call, code)       \
  {                                         \
    Fixture      f = open_text (text);      \
    GError      *error = NULL;              \
    TlTextEdits *edits = call;              \
    g_assert_null (edits);                  \
    g_assert_error (error, TL_ERROR, code); \
    g_clear_error (&error);                 \
    tl_graph_text_unref (f.graph);          \
  }

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_add (void)
{
  TlGraphPlace place = { NULL, 5, 2.5 };

  CHECK (base, tl_graph_edit_add_node (&f.source, NAMES ("e"), "Tanh", NAMES ("d"), NULL, &place, &error),
         "width = 32\na = Input { shape = {N, 1} }\nb = Linear(a) { out = width } -- keep\nc = ReLU(b)\n"
         "d = Add(b, c)\ne = Tanh(d)\n--@ a 1,1\n--@ c 3,1\n--@ e 5,2.5");
  CHECK ("", tl_graph_edit_add_node (&f.source, NAMES ("x"), "Input", NULL, "shape = {N, 4}", &place, &error),
         "x = Input { shape = {N, 4} }\n--@ x 5,2.5");
  CHECK ("a = Input {}", tl_graph_edit_add_node (&f.source, NAMES ("y", "s"), "LSTM", NAMES ("a"), "hidden = 3", NULL, &error),
         "a = Input {}\ny, s = LSTM(a) { hidden = 3 }");
  CHECK ("--@ q 1,1", tl_graph_edit_add_node (&f.source, NAMES ("x"), "Input", NULL, NULL, NULL, &error), "x = Input {}\n--@ q 1,1");
  CHECK_ERROR (base, tl_graph_edit_add_node (&f.source, NAMES ("c"), "Tanh", NULL, NULL, NULL, &error), TL_ERROR_NAME);
  CHECK_ERROR (base, tl_graph_edit_add_node (&f.source, NAMES ("N"), "Tanh", NULL, NULL, NULL, &error), TL_ERROR_NAME);
  CHECK_ERROR (base, tl_graph_edit_add_node (&f.source, NAMES ("e"), "Tanh", NAMES ("zz"), NULL, NULL, &error), TL_ERROR_NAME);
  CHECK_ERROR (base, tl_graph_edit_add_node (&f.source, NAMES ("e"), "Tanh", NULL, "x = 1 } y = R {", NULL, &error), TL_ERROR_CODE);
}

static void
test_remove (void)
{
  CHECK (base, tl_graph_edit_remove_nodes (&f.source, NAMES ("b"), &error),
         "width = 32\na = Input { shape = {N, 1} }\nc = ReLU()\nd = Add(nil, c)\n--@ a 1,1\n--@ c 3,1");
  CHECK (base, tl_graph_edit_remove_nodes (&f.source, NAMES ("c"), &error),
         "width = 32\na = Input { shape = {N, 1} }\nb = Linear(a) { out = width } -- keep\nd = Add(b)\n--@ a 1,1");
  CHECK ("a = Input {}\nb = ReLU(a)\nc = ReLU(b)", tl_graph_edit_remove_nodes (&f.source, NAMES ("b", "c"), &error), "a = Input {}");
  CHECK ("a = Input {}", tl_graph_edit_remove_nodes (&f.source, NAMES ("a"), &error), "");
  CHECK_ERROR (base, tl_graph_edit_remove_nodes (&f.source, NAMES ("zz"), &error), TL_ERROR_NAME);
}

static void
test_rename (void)
{
  CHECK (base, tl_graph_edit_rename (&f.source, "b", "fc", &error),
         "width = 32\na = Input { shape = {N, 1} }\nfc = Linear(a) { out = width } -- keep\nc = ReLU(fc)\n"
         "d = Add(fc, c)\n--@ a 1,1\n--@ c 3,1");
  CHECK (base, tl_graph_edit_rename (&f.source, "width", "w", &error),
         "w = 32\na = Input { shape = {N, 1} }\nb = Linear(a) { out = w } -- keep\nc = ReLU(b)\nd = Add(b, c)\n--@ a 1,1\n--@ c 3,1");
  CHECK ("a = R { s = {(N), N + 1} }", tl_graph_edit_rename (&f.source, "N", "B", &error), "a = R { s = {(B), B + 1} }");
  CHECK_ERROR (base, tl_graph_edit_rename (&f.source, "b", "c", &error), TL_ERROR_NAME);
  CHECK_ERROR (base, tl_graph_edit_rename (&f.source, "b", "end", &error), TL_ERROR_NAME);
  CHECK_ERROR (base, tl_graph_edit_rename (&f.source, "nobody", "x", &error), TL_ERROR_NAME);
}

static void
test_connect (void)
{
  CHECK (base, tl_graph_edit_connect (&f.source, "c", 0, "a", &error),
         "width = 32\na = Input { shape = {N, 1} }\nb = Linear(a) { out = width } -- keep\nc = ReLU(a)\nd = Add(b, c)\n--@ a 1,1\n--@ c 3,1");
  CHECK ("a = Input {}\nb = Add {}", tl_graph_edit_connect (&f.source, "b", 1, "a", &error), "a = Input {}\nb = Add(nil, a) {}");
  CHECK ("a = Input {}\nb = Add(a, a)", tl_graph_edit_connect (&f.source, "b", 1, NULL, &error), "a = Input {}\nb = Add(a)");
  CHECK ("a = Input {}\nb = Add(a, a)", tl_graph_edit_connect (&f.source, "b", 0, NULL, &error), "a = Input {}\nb = Add(nil, a)");
  /* The output stands behind the node: it moves, with what needs it. */
  CHECK ("x = ReLU()\ny = Tanh(x) -- after\nz = Input {}\nw = Add(y, z)", tl_graph_edit_connect (&f.source, "x", 0, "z", &error),
         "z = Input {}\nx = ReLU(z)\ny = Tanh(x) -- after\nw = Add(y, z)");
  CHECK ("x = ReLU()\nz = Input {}", tl_graph_edit_connect (&f.source, "x", 0, "z", &error), "z = Input {}\nx = ReLU(z)");
  CHECK_ERROR (base, tl_graph_edit_connect (&f.source, "b", 0, "d", &error), TL_ERROR_VALUE);
  CHECK_ERROR (base, tl_graph_edit_connect (&f.source, "b", 0, "b", &error), TL_ERROR_VALUE);
  CHECK_ERROR (base, tl_graph_edit_connect (&f.source, "b", 0, "B1", &error), TL_ERROR_NAME);
}

static void
test_attr (void)
{
  CHECK ("a = R(x) { p = 1, q = {2} }", tl_graph_edit_set_attr (&f.source, "a", "q", "(w + 1)", &error), "a = R(x) { p = 1, q = (w + 1) }");
  CHECK ("a = R(x) { p = 1 }", tl_graph_edit_set_attr (&f.source, "a", "q", "\"s\"", &error), "a = R(x) { p = 1, q = \"s\" }");
  CHECK ("a = R(x) -- c", tl_graph_edit_set_attr (&f.source, "a", "q", "2", &error), "a = R(x) { q = 2 } -- c");
  CHECK ("a = R {}", tl_graph_edit_set_attr (&f.source, "a", "q", "2", &error), "a = R { q = 2 }");
  CHECK ("a = R(x) { p = 1, q = 2, r = 3 }", tl_graph_edit_set_attr (&f.source, "a", "q", NULL, &error), "a = R(x) { p = 1, r = 3 }");
  CHECK ("a = R(x) { p = 1, q = 2 }", tl_graph_edit_set_attr (&f.source, "a", "p", NULL, &error), "a = R(x) { q = 2 }");
  CHECK ("a = R(x) { p = 1 }", tl_graph_edit_set_attr (&f.source, "a", "p", NULL, &error), "a = R(x)");
  CHECK ("a = R { p = 1 }", tl_graph_edit_set_attr (&f.source, "a", "p", NULL, &error), "a = R {}");
  CHECK ("a = R { p = 1 }", tl_graph_edit_set_row (&f.source, "a", "Q", &error), "a = Q { p = 1 }");
  CHECK_ERROR ("a = R {}", tl_graph_edit_set_attr (&f.source, "a", "p", "1 }", &error), TL_ERROR_CODE);
  CHECK_ERROR ("a = R {}", tl_graph_edit_set_attr (&f.source, "a", "p", "1 -- x", &error), TL_ERROR_CODE);
  CHECK_ERROR ("a = R {}", tl_graph_edit_set_attr (&f.source, "a", "p", "f()", &error), TL_ERROR_CODE);
  CHECK_ERROR ("a = R {}", tl_graph_edit_set_attr (&f.source, "a", "p q", "1", &error), TL_ERROR_NAME);
}

static void
test_param (void)
{
  CHECK (base, tl_graph_edit_set_param (&f.source, "width", "64", &error),
         "width = 64\na = Input { shape = {N, 1} }\nb = Linear(a) { out = width } -- keep\nc = ReLU(b)\nd = Add(b, c)\n--@ a 1,1\n--@ c 3,1");
  CHECK ("w = 1\na = R {}", tl_graph_edit_set_param (&f.source, "v", "{1, 2}", &error), "w = 1\nv = {1, 2}\na = R {}");
  CHECK ("-- c\na = R {}", tl_graph_edit_set_param (&f.source, "v", "1", &error), "-- c\nv = 1\na = R {}");
  CHECK ("", tl_graph_edit_set_param (&f.source, "v", "1", &error), "v = 1");
  CHECK ("w = 1\nv = 2", tl_graph_edit_set_param (&f.source, "v", NULL, &error), "w = 1");
  CHECK_ERROR (base, tl_graph_edit_set_param (&f.source, "a", "1", &error), TL_ERROR_NAME);
  CHECK_ERROR (base, tl_graph_edit_set_param (&f.source, "zz", NULL, &error), TL_ERROR_NAME);
}

static void
test_move (void)
{
  TlGraphPlace places[] = { { "c", -1.25, 7 }, { "d", 1e-7, 123456 } };

  CHECK (base, tl_graph_edit_move (&f.source, places, 2, &error),
         "width = 32\na = Input { shape = {N, 1} }\nb = Linear(a) { out = width } -- keep\nc = ReLU(b)\nd = Add(b, c)\n--@ a 1,1\n"
         "--@ c -1.25,7\n--@ d 1e-07,123456");
}

/* --- random graphs and random changes ------------------------------------------------------------------------------------ */

static const char *
any_node (const TlGraphText *graph,
          GRand             *random)
{
  return graph->n_nodes ? graph->nodes[g_rand_int_range (random, 0, graph->n_nodes)].name : "none";
}

static TlTextEdits *
any_edit (const TlGraphSource *source,
          GRand               *random)
{
  const TlGraphText       *graph = source->graph;
  const char              *node = any_node (graph, random), *other = any_node (graph, random);
  g_autofree char         *name = tl_graph_text_unique_name (graph, "n");
  TlGraphPlace             place = { node, g_rand_int_range (random, -50, 50), g_rand_int_range (random, 0, 90) };
  static const char *const values[] = { "1", "{N, 2}", "\"x\"", "width * 2", "true" };
  const char              *value = values[g_rand_int_range (random, 0, G_N_ELEMENTS (values))];
  const char              *attr = g_rand_boolean (random) ? "p" : "q";

  switch (g_rand_int_range (random, 0, 10)) {
  case 0:
  case 1:
  case 2:
    return tl_graph_edit_add_node (source, NAMES (name), "Row", graph->n_nodes ? NAMES (node, other) : NULL,
                                   g_rand_boolean (random) ? "k = 3" : NULL, g_rand_boolean (random) ? &place : NULL, NULL);
  case 3:
    return tl_graph_edit_remove_nodes (source, NAMES (node), NULL);
  case 4:
    return tl_graph_edit_rename (source, node, name, NULL);
  case 5:
    return tl_graph_edit_connect (source, node, g_rand_int_range (random, 0, 3), g_rand_boolean (random) ? other : NULL, NULL);
  case 6:
    return tl_graph_edit_connect (source, node, g_rand_int_range (random, 0, 3), other, NULL);
  case 7:
    return tl_graph_edit_set_attr (source, node, attr, g_rand_boolean (random) ? value : NULL, NULL);
  case 8:
    return tl_graph_edit_move (source, &place, 1, NULL);
  default:
    return tl_graph_edit_set_param (source, "width", g_rand_boolean (random) ? "16" : NULL, NULL);
  }
}

static void
test_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);

  for (guint round = 0; round < 40; round++) {
    g_autofree char *text = g_strdup (round % 2 ? "width = 8\n\n-- note\na = Input {\n  shape = {N, 1},\n} -- end\n" : "");

    for (guint i = 0; i < 150; i++) {
      Fixture               f = open_text (text);
      g_autoptr (GPtrArray) edits = NULL;

      for (guint k = 0; k < f.graph->n_errors; k++)
        g_test_message ("%u: %s\n%s", f.graph->errors[k].line, f.graph->errors[k].message, text);
      g_assert_cmpuint (f.graph->n_errors, ==, 0);
      edits = any_edit (&f.source, random);
      if (edits != NULL) {
        char *changed = tl_text_edits_apply (edits, text, strlen (text));

        if (round % 2)
          g_assert_nonnull (strstr (changed, "-- note"));
        tl_graph_text_unref (f.graph);
        g_free (text);
        text = changed;
      } else
        tl_graph_text_unref (f.graph);
    }
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/syntax/graph-edit/add", test_add);
  g_test_add_func ("/syntax/graph-edit/remove", test_remove);
  g_test_add_func ("/syntax/graph-edit/rename", test_rename);
  g_test_add_func ("/syntax/graph-edit/connect", test_connect);
  g_test_add_func ("/syntax/graph-edit/attr", test_attr);
  g_test_add_func ("/syntax/graph-edit/param", test_param);
  g_test_add_func ("/syntax/graph-edit/move", test_move);
  g_test_add_func ("/syntax/graph-edit/random", test_random);
  return g_test_run ();
}
