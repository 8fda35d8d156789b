/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/check/graph-cell.h"
#include "core/base/error.h"

#define PIPELINE                                                   \
  "digits = Digits()\n"                                            \
  "scaled = Scale(digits) { factor = 1 / 16 }\n"                   \
  "image, label = Batch(scaled)\n"                                 \
  "flat = Flatten(image)\n"                                        \
  "fc = Linear(flat) { out = 10 }\n"                               \
  "loss = CrossEntropyLoss(fc, label) { label_smoothing = 0.1 }\n" \
  "adam = Adam { lr = 0.01 }\n"                                    \
  "slower = StepLR(adam) { step_size = 2 }\n"                      \
  "accuracy = Accuracy(fc, label)\n"                               \
  "run = Train(loss, slower, accuracy) { epochs = 3, batch_size = 32 }\n"

static char *
replaced (const char *what,
          const char *with)
{
  g_auto (GStrv) parts = g_strsplit (PIPELINE, what, 2);

  g_assert_cmpuint (g_strv_length (parts), ==, 2);
  return g_strjoinv (with, parts);
}

static void
expect_shape (TlGraphCell *cell,
              const char  *node,
              guint        output,
              const char  *shape)
{
  g_autofree char *text = tl_graph_cell_get_shape_text (cell, node, output);

  g_assert_cmpstr (text, ==, shape);
}

static void
expect_no_problem (TlGraphCell *cell)
{
  if (tl_graph_cell_get_n_problems (cell) > 0)
    g_error ("%s", tl_graph_cell_get_problem (cell, 0)->message);
}

static void
test_pipeline (void)
{
  g_autoptr (TlGraphCell) cell = tl_graph_cell_new ("cell", PIPELINE, NULL, NULL);
  const TlPipeline       *pipeline = tl_graph_cell_get_pipeline (cell);
  TlModel                *model = tl_graph_cell_get_model (cell);
  const char             *name;

  expect_no_problem (cell);
  g_assert_nonnull (pipeline);
  g_assert_cmpstr (pipeline->dataset->entry->name, ==, "Digits");
  g_assert_cmpuint (pipeline->transforms->len, ==, 1);
  g_assert_cmpstr (pipeline->optimizer->node->name, ==, "adam");
  g_assert_cmpfloat (pipeline->optimizer->values[0].d, ==, 0.01);
  g_assert_cmpstr (pipeline->schedule->entry->name, ==, "StepLR");
  g_assert_cmpuint (pipeline->metrics->len, ==, 1);
  g_assert_cmpstr (tl_layer_get_class (pipeline->loss_layer)->name, ==, "CrossEntropyLoss");
  g_assert_cmpint (pipeline->train->values[0].i, ==, 3);
  /* The model is what the loss is of: picture in, ten numbers out. */
  g_assert_cmpuint (tl_model_get_n_inputs (model), ==, 1);
  tl_model_get_input (model, 0, &name);
  g_assert_cmpstr (name, ==, "image");
  g_assert_cmpuint (tl_model_get_n_outputs (model), ==, 1);
  g_assert_cmpint (tl_model_find_node (model, "loss"), <, 0);
}

static void
test_shapes (void)
{
  g_autoptr (TlGraphCell) cell = tl_graph_cell_new ("cell", PIPELINE, NULL, NULL);
  g_autofree char        *csv = replaced ("Digits()", "CSV { path = \"somewhere.csv\" }");
  g_autoptr (TlGraphCell) unknown = tl_graph_cell_new ("cell", csv, NULL, NULL);

  expect_shape (cell, "digits", 0, "u8 [1, 8, 8]");
  expect_shape (cell, "scaled", 0, "f32 [1, 8, 8]");
  expect_shape (cell, "image", 0, "[N, 1, 8, 8]");
  expect_shape (cell, "image", 1, "[N]");
  expect_shape (cell, "flat", 0, "[N, 64]");
  expect_shape (cell, "fc", 0, "[N, 10]");
  expect_shape (cell, "adam", 0, NULL);
  /* What only the file can tell is left open, and nothing is wrong with it. */
  expect_no_problem (unknown);
  expect_shape (unknown, "image", 0, NULL);
}

/* A row that counts its results has as many as its inputs and attributes say. */
static void
test_counted (void)
{
  const char             *text = "x = Input { shape = {N, 6} }\na, b, c = split(x) { split_size = 2, dim = 1 }\ny = mul(a, c)\nfc = Linear(y) { out = 3 }\n";
  const char             *few = "x = Input { shape = {N, 6} }\na, b, c = chunk(x) { chunks = 2, dim = 1 }\ny = mul(a, c)\n";
  const char             *open = "x = Input { shape = {N, 6} }\na, b = unbind(x)\ny = mul(a, b)\n";
  g_autoptr (TlGraphCell) cell = tl_graph_cell_new ("cell", text, NULL, NULL);
  g_autoptr (TlGraphCell) short_cell = tl_graph_cell_new ("cell", few, NULL, NULL);
  g_autoptr (TlGraphCell) open_cell = tl_graph_cell_new ("cell", open, NULL, NULL);

  expect_no_problem (cell);
  expect_shape (cell, "a", 2, "[N, 2]");
  expect_shape (cell, "fc", 0, "[N, 3]");
  g_assert_cmpuint (tl_graph_cell_get_n_problems (short_cell), ==, 1);
  g_assert_nonnull (strstr (tl_graph_cell_get_problem (short_cell, 0)->message, "a has 2 outputs, not 3"));
  g_assert_cmpuint (tl_graph_cell_get_n_problems (open_cell), ==, 1);
  g_assert_nonnull (strstr (tl_graph_cell_get_problem (open_cell, 0)->message, "how many parts axis 0 of [N, 6] has is not known yet"));
}

/* Each mistake is told once, at its node, with its line. */
static void
test_problems (void)
{
  // clang-format off
  static const struct {
    const char *what, *with, *node;
    guint       line;
    const char *message;
  } cases[] = {
    { "Train(loss, slower", "Train(fc, slower", "run", 10, "Train: loss takes a link of loss, but fc gives tensor" },
    { "Train(loss, slower", "Train(nil, slower", "run", 10, "input loss is not connected" },
    { "Train(loss, slower", "Train(lost, slower", "run", 10, "nothing in this cell is named lost" },
    { "Linear(flat)", "Linear(adam)", "fc", 5, "x takes a link of tensor, but adam gives optimizer" },
    { "Linear(flat)", "Linear(digits)", "fc", 5, "x takes a link of tensor, but digits gives data" },
    { "lr = 0.01", "lr = \"abc\"", "adam", 7, "Adam: lr = \"abc\": a number is wanted" },
    { "lr = 0.01", "rate = 0.01", "adam", 7, "Adam has no attribute rate" },
    { "epochs = 3", "epochs = 0", "run", 10, "epochs = 0" },
    { "Accuracy(fc, label)", "Acuracy(fc, label)", "accuracy", 9, "did you mean Accuracy?" },
    { "Accuracy(fc, label)", "Accuracy(flat, label)", "accuracy", 9, "the prediction and the target of the loss: fc, label" },
    { "CrossEntropyLoss(fc, label)", "CrossEntropyLoss(fc, image)", "loss", 6, "target must be i64, i32 or u8, not f32" },
    { "out = 10 }", "out = 10, kernel = 3 }", "fc", 5, "Linear has no attribute kernel" },
    { "Flatten(image)", "Flatten(label)", "flat", 4, "Flatten" },
    { "Scale(digits) { factor = 1 / 16 }", "Standardize(digits) { axes = 3 }", "scaled", 2, "Standardize has no attribute axes" },
    { "image, label =", "image, label, more =", "image", 3, "3 fields are named, but the data set has 2" },
    { "image, label =", "image =", "loss", 6, "nothing in this cell is named label" },
    { "adam = Adam", "second = Train(loss)\nadam = Adam", "run", 11, "a cell has one Train, and second is there already" },
    { "digits = Digits()", "digits, test = Digits()", "digits", 1, "2 outputs are named, it has 1" },
  };
  // clang-format on

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char        *text = replaced (cases[i].what, cases[i].with);
    g_autoptr (TlGraphCell) cell = tl_graph_cell_new ("cell", text, NULL, NULL);
    gboolean                found = FALSE;

    g_assert_null (tl_graph_cell_get_pipeline (cell));
    for (guint k = 0; k < tl_graph_cell_get_n_problems (cell); k++) {
      const TlGraphProblem *problem = tl_graph_cell_get_problem (cell, k);

      g_test_message ("%s: %u: %s: %s", cases[i].with, problem->line, problem->node, problem->message);
      found = found || (g_strcmp0 (problem->node, cases[i].node) == 0 && problem->line == cases[i].line &&
                        strstr (problem->message, cases[i].message) != NULL);
      for (guint j = 0; j < k; j++)
        g_assert_false (problem->node == tl_graph_cell_get_problem (cell, j)->node &&
                        problem->message == tl_graph_cell_get_problem (cell, j)->message);
    }
    if (!found)
      g_error ("\"%s\" is not told at line %u of: %s", cases[i].message, cases[i].line, text);
  }
}

/* A graph on its way to a training: every step of drawing it may be looked at. */
static void
test_unfinished (void)
{
  g_auto (GStrv) lines = g_strsplit (PIPELINE, "\n", -1);
  GString       *text = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_autoptr (TlGraphCell) cell = NULL;

    g_string_append_printf (text, "%s\n", lines[i]);
    cell = tl_graph_cell_new ("cell", text->str, NULL, NULL);
    if (i > 0)
      expect_shape (cell, "scaled", 0, "f32 [1, 8, 8]");
  }
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char        *line = g_strdup (lines[i]);
    g_autofree char        *rest = NULL;
    g_autoptr (TlGraphCell) cell = NULL;

    /* Without one line after the other. */
    g_free (lines[i]);
    lines[i] = g_strdup ("");
    rest = g_strjoinv ("\n", lines);
    cell = tl_graph_cell_new ("cell", rest, NULL, NULL);
    g_assert_nonnull (tl_graph_cell_get_model (cell));
    g_free (lines[i]);
    lines[i] = g_strdup (line);
  }
  g_string_free (text, TRUE);
}

static void
test_circle (void)
{
  g_autoptr (TlGraphCell) cell =
    tl_graph_cell_new ("cell", "a = Scale(b)\nb = Scale(a)\nx, y = Batch(b)\nl = Linear(x) { out = 1 }\n", NULL, NULL);

  g_assert_null (tl_graph_cell_get_pipeline (cell));
  g_assert_cmpuint (tl_graph_cell_get_n_problems (cell), >, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/graph-cell/pipeline", test_pipeline);
  g_test_add_func ("/app/graph-cell/shapes", test_shapes);
  g_test_add_func ("/app/graph-cell/counted", test_counted);
  g_test_add_func ("/app/graph-cell/problems", test_problems);
  g_test_add_func ("/app/graph-cell/unfinished", test_unfinished);
  g_test_add_func ("/app/graph-cell/circle", test_circle);
  return g_test_run ();
}
