/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/graph-text.h"

#include <string.h>

static const char lenet[] = "-- a small network\n"
                            "width = 32\n"
                            "wide = width * 2\n"
                            "image = Input { shape = {N, 1, 28, 28} }\n"
                            "conv1 = Conv2d(image) { out = width, kernel = 3, padding = 1 } -- first\n"
                            "y, state = LSTM(conv1, nil) {\n"
                            "  hidden = wide,\n"
                            "  dropout = 0.5,\n"
                            "}\n"
                            "block = encoder(y) { times = 6 }\n"
                            "sum = Add(block, state)\n"
                            "--@ image 2,4\n"
                            "--@ conv1 9.5,-4\n"
                            "--@ gone 1,1";

static void
test_read (void)
{
  g_autoptr (TlGraphText) graph = tl_graph_text_parse (lenet, -1);
  const TlGraphNode      *node;
  guint                   output;
  g_autoptr (TlLuaExpr)   value = NULL;
  g_autofree char        *text = NULL;
  g_autofree char        *name = tl_graph_text_unique_name (graph, "Conv2d");
  g_autofree char        *taken = tl_graph_text_unique_name (graph, "Image");

  g_assert_cmpuint (graph->n_errors, ==, 0);
  g_assert_cmpuint (graph->n_nodes, ==, 5);
  g_assert_cmpuint (graph->n_params, ==, 2);
  g_assert_cmpuint (graph->n_positions, ==, 3);
  g_assert_cmpuint (graph->n_symbols, ==, 1);
  g_assert_cmpstr (graph->symbols[0], ==, "N");

  node = tl_graph_text_find_node (graph, "conv1", NULL);
  g_assert_cmpstr (node->row, ==, "Conv2d");
  g_assert_cmpuint (node->line, ==, 5);
  g_assert_cmpint (node->inputs[0].node, ==, 0);
  g_assert_true (node->has_position);
  g_assert_cmpfloat (node->x, ==, 9.5);
  g_assert_cmpfloat (node->y, ==, -4);
  g_assert_cmpstr (tl_graph_node_find_attr (node, "out")->text, ==, "width");
  value = tl_graph_text_eval (graph, tl_graph_node_find_attr (node, "out")->value, NULL, NULL, NULL);
  g_assert_cmpint (value->integer, ==, 32);
  g_assert_cmpint (strncmp (lenet + node->start, "conv1 = Conv2d(image) { out = width, kernel = 3, padding = 1 }",
                            node->end - node->start),
                   ==, 0);

  node = tl_graph_text_find_node (graph, "state", &output);
  g_assert_cmpuint (output, ==, 1);
  g_assert_cmpuint (node->line, ==, 6);
  g_assert_cmpuint (node->end_line, ==, 9);
  g_assert_cmpuint (node->n_inputs, ==, 2);
  g_assert_null (node->inputs[1].name);
  node = tl_graph_text_find_node (graph, "sum", NULL);
  g_assert_cmpint (node->inputs[1].node, ==, 2);
  g_assert_cmpuint (node->inputs[1].output, ==, 1);
  g_clear_pointer (&value, tl_lua_expr_unref);
  value = tl_graph_text_eval (graph, tl_graph_node_find_attr (&graph->nodes[0], "shape")->value, NULL, NULL, NULL);
  text = tl_lua_expr_to_text (value);
  g_assert_cmpstr (text, ==, "{N, 1, 28, 28}");
  g_assert_cmpstr (name, ==, "conv2d");
  g_assert_cmpstr (taken, ==, "image_2");
}

static const TlLuaExpr *
lookup_width (const char *name,
              gpointer    user_data)
{
  return strcmp (name, "width") == 0 ? user_data : NULL;
}

static void
test_eval_with_other_value (void)
{
  g_autoptr (TlGraphText) graph = tl_graph_text_parse (lenet, -1);
  g_autoptr (TlLuaExpr)   width = tl_lua_expr_new_integer (5);
  const TlGraphNode      *node = tl_graph_text_find_node (graph, "y", NULL);
  g_autoptr (TlLuaExpr)   value = tl_graph_text_eval (graph, tl_graph_node_find_attr (node, "hidden")->value, lookup_width, width, NULL);

  g_assert_cmpint (value->integer, ==, 10);
}

static void
test_errors (void)
{
  static const struct {
    const char *text;
    guint       line;
    const char *message;
    guint       n_nodes;
  } cases[] = {
    { "a = Input {}\nwhat is this\nb = ReLU(a)", 2, "'=' expected near 'is'", 2 },
    { "a = Input {}\nb = ReLU(a) c = ReLU(a)\n", 2, "the end of the line expected near 'c'", 1 },
    { "a = Input {\nb = ReLU(a)", 2, "',' or '}' expected near '('", 1 },
    { "a = ReLU(b)\nb = Input {}", 1, "'b' is used before it is defined", 2 },
    { "a = Input {}\na = ReLU(a)", 2, "'a' is defined twice", 2 },
    { "a = Input { x = 1, x = 2 }", 1, "attribute 'x' stands here twice", 1 },
    { "a = Input { 3 }", 1, "the name of an attribute expected near '3'", 0 },
    { "a = ReLU(Conv2d(x))", 1, "',' or ')' expected near '('", 0 },
    { "w = 1 // 0", 1, "1 // 0: division by zero", 0 },
    { "w = 3\na = ReLU(w)", 2, "'w' is a parameter, not an output", 1 },
    { "--@ here", 1, "'--@ name x,y' expected", 0 },
    { "a = Input { name = \"x }\nb = ReLU(a)", 1, "unfinished string", 1 },
    { "for i = 1, 3 do end", 1, "'name = Row(inputs) { attributes }' or 'name = value' expected near 'for'", 0 },
    { "a = os.exit()", 1, "the end of the line expected near '.'", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TlGraphText) graph = tl_graph_text_parse (cases[i].text, -1);

    g_assert_cmpuint (graph->n_errors, >=, 1);
    g_test_message ("%s -> %u: %s", cases[i].text, graph->errors[0].line, graph->errors[0].message);
    g_assert_cmpstr (graph->errors[0].message, ==, cases[i].message);
    g_assert_cmpuint (graph->errors[0].line, ==, cases[i].line);
    g_assert_cmpuint (graph->n_nodes, ==, cases[i].n_nodes);
  }
}

static void
test_bounds (void)
{
  static const char *const units[] = { "x = R(", "x = R{", "f,\n", "x =\n", "{\n", "x = R { a = [[\n", "a = 1\n", "--@ a 1,1\n", "x = R{a=\n",
                                       "--[==[\n", "x = -\n", "((((", "a=b+\n", "x = R(f,\n", "a = {a, a}\n", "'\n" };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autoptr (GString)     text = g_string_new (NULL);
    g_autoptr (TlGraphText) graph = NULL;
    gint64                  start = g_get_monotonic_time ();

    while (text->len < 900000)
      g_string_append (text, units[i]);
    graph = tl_graph_text_parse (text->str, text->len);
    /* A position of a node that is not there is none of an error. */
    g_assert_true ((graph->n_errors == 0) == g_str_has_prefix (units[i], "--@"));
    g_assert_cmpuint (graph->n_errors, <=, 1000);
    g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/syntax/graph-text/read", test_read);
  g_test_add_func ("/syntax/graph-text/eval-with-other-value", test_eval_with_other_value);
  g_test_add_func ("/syntax/graph-text/errors", test_errors);
  g_test_add_func ("/syntax/graph-text/bounds", test_bounds);
  return g_test_run ();
}
