/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/lua/cells.h"

static void
test_values (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "1 + 1", "2");
  cells_value (cells, "x = 3\ny = 4\nx * y", "12");
  cells_value (cells, "x, y", "3\t4");
  cells_value (cells, "z = x", NULL);
  cells_value (cells, "local function f () return 7 end\nf ()", "7");
  cells_value (cells, "f = math.max\nf (1, 2) + 1 -- the end", "3");
  cells_value (cells, "print (x)", NULL);
  g_assert_cmpstr (cells->printed->str, ==, "3\n");
  cells_value (cells, "{ 1, 2, a = 'b' }", "{ 1, 2, a = \"b\" }");
  cells_value (cells, "if x then\n  z = 5\nend\nz", "5");
  cells_value (cells, "", NULL);
  cells_value (cells, "-- nothing", NULL);
  cells_value (cells, "return 5", "5");
  cells_run (cells, "show ({ 1, { 2 } })");
  g_assert_cmpstr (cells->printed->str, ==, "{ 1, { 2 } }\n");
}

static void
test_errors (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_fail (cells, "x = 1\nx = x + nil", TL_ERROR_CODE, 2, "arithmetic on a nil value");
  cells_fail (cells, "x = = 1", TL_ERROR_CODE, 1, "unexpected symbol");
  cells_fail (cells, "a = 1\n\nif a then", TL_ERROR_CODE, 3, "'end' expected");
  cells_fail (cells, "a = tl.zeros (2, 3)\nb = tl.zeros (4, 5)\n\nc = a:matmul (b)", TL_ERROR_SHAPE, 4, "matmul");
  cells_fail (cells, "a = tl.zeros (2, 3)\ntl.matmul (a, a)", TL_ERROR_SHAPE, 2, "[2, 3]");
  cells_fail (cells, "tl.relu (tl.zeros (2), { slop = 3 })", TL_ERROR_NAME, 1, "relu has no attribute slop");
  cells_fail (cells, "tl.sum (tl.zeros (2), { keepdin = true })", TL_ERROR_NAME, 1, "did you mean keepdim?");
  cells_fail (cells, "tl.tensor { 1, 2 }:foo ()", TL_ERROR_NAME, 1, "no foo");
  cells_fail (cells, "nn.Linear { out = 'abc' }", TL_ERROR_VALUE, 1, "a whole number is wanted");
  cells_fail (cells, "optim.Adam { lr = 'abc' }", TL_ERROR_VALUE, 1, "a number is wanted");
  cells_fail (cells, "function f (x)\n  return x.y.z\nend\n\nf ({})", TL_ERROR_CODE, 2, "index a nil value");
  g_assert_nonnull (strstr (cells->result.traceback, "cell:5"));
  cells_fail (cells, "error ({})", TL_ERROR_CODE, 1, "");
  cells_fail (cells, "x = {}\nx.y.z\n\n", TL_ERROR_CODE, 2, "index a nil value");
  cells_fail (cells, "m = nn.Sequential (nn.Linear (3, 4), nn.ReLU ())\nm (tl.zeros (2, 5))", TL_ERROR_SHAPE, 2, "5");
  /* A cell that failed leaves what it did before, and the next one works. */
  cells_fail (cells, "kept = 42\nerror ('x')", TL_ERROR_CODE, 2, "x");
  cells_value (cells, "kept", "42");
  /* An engine error that was caught does not give its code to another. */
  cells_fail (cells, "pcall (tl.matmul, tl.zeros (2, 3), tl.zeros (2, 3))\nerror ('mine')", TL_ERROR_CODE, 2, "mine");
}

/* A name that is not there says which was meant. */
static void
test_unknown_names (void)
{
  // clang-format off
  static const char *const cases[][2] = {
    { "nn.Linearr (3, 4)", "nn has no Linearr; did you mean Linear?" },
    { "nn.Conv4d (3, 4)", "nn has no Conv4d; did you mean Conv1d, Conv2d or Conv3d?" },
    { "nn.Dense (3)", "nn has no Dense; here it is Linear" },
    { "nn.GlobalAveragePooling2D ()", "nn has no GlobalAveragePooling2D; here it is GlobalAvgPool" },
    { "nn.Adam ()", "nn has no Adam; there is optim.Adam" },
    { "nn.view ()", "nn has no view; here it is Unflatten" },
    { "nn.allclose ()", "nn has no allclose; here it is tl.isclose" },
    { "nn.init.glorot_uniform ()", "nn.init has no glorot_uniform; here it is xavier_uniform" },
    { "tl.arangee (3)", "tl has no arangee; did you mean arange?" },
    { "tl.swapaxes (x)", "tl has no swapaxes; here it is transpose" },
    { "tl.float (x)", "tl has no float; here it is to, with a dtype" },
    { "tl.xyzzy ()", "tl has no xyzzy" },
    { "optim.Adm {}", "optim has no Adm; did you mean Adam?" },
    { "optim.CosineAnnealingLR (o)", "optim has no CosineAnnealingLR; here it is CosineLR" },
    { "metric.F1 ():compute ()", "F1 has no compute; here it is value" },
    { "metric.F1 ():valu ()", "F1 has no valu; did you mean value?" },
    { "metric.JaccardIndex ()", "metric has no JaccardIndex; here it is IoU" },
    { "optim.StepLR (o, { step_size = 1 }):stepp ()", "StepLR has no stepp; did you mean step" },
    { "torch.zeros (3)", "there is no torch; here it is tl, and nn for layers" },
    { "data.DataLoader {}", "data has no DataLoader; here it is loader" },
    { "x:view (3, 1)", "a tensor has no view; here it is reshape" },
    { "x:numpy ()", "a tensor has no numpy; here it is totable" },
    { "x:arange ()", "a tensor has no arange" },
    { "m:state_dict ()", "Linear has no state_dict; here it is state" },
    { "m.wieght", "Linear has no wieght; did you mean weight?" },
    { "o.stepz", "Adam has no stepz; did you mean step" },
    { "d:sizee ()", "the data set has no sizee; did you mean size?" },
    { "fit { m, data = d, lr = 3 }", "fit has no option lr; here it is optimizer, with the rate in it" },
    { "fit { m, data = d, loss = 'categorical_crossentropy' }", "there is no loss categorical_crossentropy; here it is CrossEntropyLoss" },
    { "fit { m, data = d, metrics = 'TopKCategoricalAccuracy' }", "there is no metric TopKCategoricalAccuracy; here it is top_k_accuracy" },
    { "fit { m, data = d, metrics = 'F1' }", "there is no metric F1; here it is f1" },
    { "fit { m, data = d, schedule = 'CosineAnnealingLR' }", "there is no schedule CosineAnnealingLR; here it is cosine" },
    { "fit { m, data = d, optimizer = 'momentum' }", "there is no optimizer momentum; here it is SGD" },
    { "fit { m, data = d, transform = 'ToTensor' }", "there is no transform ToTensor; here it is to_float" },
  };
  // clang-format on
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "x = tl.zeros (3)\nm = nn.Linear (3, 4)\no = optim.Adam (m)\nd = data.tensors (tl.zeros (4, 3), tl.zeros (4, 4))");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strconcat ("y = 1\n", cases[i][0], "\n", NULL);

    cells_fail (cells, text, TL_ERROR_NAME, 2, cases[i][1]);
  }
  cells_value (cells, "rawget (nn, 'Dense'), rawget (tl, 'arange') ~= nil", "nil\ttrue");
  cells_value (cells, "nn.Mine = nn.ReLU\nnn.Mine () (tl.tensor { -1.0 }):item ()", "0.0");
}

static void
test_sandbox (void)
{
  static const char *const gone[] = { "os.execute", "os.remove", "os.getenv", "io", "require", "package", "debug", "dofile", "loadfile", "string.dump", NULL };
  g_autoptr (Cells)        cells = cells_new ();

  for (guint i = 0; gone[i] != NULL; i++) {
    g_autofree char *text = g_strdup_printf ("assert (%s == nil)", gone[i]);

    cells_run (cells, text);
  }
  cells_run (cells, "assert (load (string.char (27) .. 'Lua') == nil)");
  cells_value (cells, "load ('return 1 + 2') ()", "3");
  cells_value (cells, "load ('return x', 'chunk', 'b', { x = 9 }) ()", "9");
  cells_fail (cells, "setmetatable ({}, { __gc = print })", TL_ERROR_CODE, 1, "__gc");
  cells_run (cells, "assert (getmetatable ('') == 'string')");
  cells_run (cells, "assert (type (os.time ()) == 'number' and type (os.date ()) == 'string' and os.clock () >= 0)");
  cells_run (cells, "assert (getmetatable (tl.zeros (1)) == 'tensor')");
}

static void
test_repeat (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "('ab'):rep (3, ', ')", "ab, ab, ab");
  cells_value (cells, "('ab'):rep (1, ', '), ('ab'):rep (0), (''):rep (3, '-'), ('x'):rep (5)", "ab\t\t--\txxxxx");
  cells_value (cells, "s = ('abc'):rep (5000000, '.')\n#s, s:sub (-7), s:sub (12582911, 12582922)", "19999999\tabc.abc\tc.abc.abc.ab");
}

static void
test_models_of_cells (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells->model = tl_model_new ("net");
  cells_run (cells, "assert (net ~= nil and nothing == nil)");
  cells_run (cells, "assert (net == net)");
  cells_value (cells, "net.name", "net");
  cells_run (cells, "net:eval ()\nassert (not net.training)");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/cells/values", test_values);
  g_test_add_func ("/lua/cells/errors", test_errors);
  g_test_add_func ("/lua/cells/unknown-names", test_unknown_names);
  g_test_add_func ("/lua/cells/sandbox", test_sandbox);
  g_test_add_func ("/lua/cells/repeat", test_repeat);
  g_test_add_func ("/lua/cells/models-of-cells", test_models_of_cells);
  return g_test_run ();
}
