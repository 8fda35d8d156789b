/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers and modules in cells.
 */
#include "tests/lua/cells.h"

static void
test_parts (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "l = nn.SeparableConv2d { out = 4, kernel = 3 }\ny = l (tl.randn (2, 3, 5, 5))");
  cells_value (cells, "l.pointwise.weight.shape, l.depthwise.groups", "[4, 3, 1, 1]\t3");
  cells_value (cells, "m = nn.Sequential (l, nn.ReLU ())\n#m:parameters (), l.pointwise.bias.path", "3\t1.pointwise.bias");
  cells_value (cells, "m:state ()['1.depthwise.weight'].shape", "[3, 1, 3, 3]");
  cells_value (cells, "l.pointwise (tl.zeros (1, 3, 2, 2)).shape", "[1, 4, 2, 2]");
  cells_fail (cells, "l (tl.zeros (1, 2, 5, 5))", TL_ERROR_SHAPE, 1, "depthwise: conv2d:");
}

static void
test_optional_inputs (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "nn.ReLU () (tl.tensor { -1.0, 2.0 }, nil):totable ()", "{ 0.0, 2.0 }");
  cells_fail (cells, "nn.ReLU () (nil)", TL_ERROR_VALUE, 1, "ReLU: input x is missing");
  cells_fail (cells, "nn.MSELoss () (nil, tl.zeros (2))", TL_ERROR_VALUE, 1, "MSELoss: input x is missing");
}

/* Factors of classes: as a list, as a tensor, as another input. */
static void
test_loss_factors (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "tl.manual_seed (1)\nx = tl.randn (6, 3)\ny = tl.tensor { 0, 1, 2, 2, 1, 0 }\nw = tl.tensor { 1.0, 0.5, 2.0 }");
  cells_run (cells, "a = nn.CrossEntropyLoss { weight = { 1, 0.5, 2 } } (x, y):item ()\nb = nn.CrossEntropyLoss { weight = w } (x, y):item ()\n"
                    "c = nn.CrossEntropyLoss () (x, y, w):item ()\nd = nn.NLLLoss { weight = w } (tl.log_softmax (x, { dim = 1 }), y):item ()");
  cells_value (cells, "a == b and a == c and math.abs (a - d) < 1e-6 and a ~= nn.CrossEntropyLoss () (x, y):item ()", "true");
  cells_value (cells, "nn.CrossEntropyLoss { weight = w }", "CrossEntropyLoss (weight = {1, 0.5, 2})");
  cells_fail (cells, "nn.CrossEntropyLoss { weight = tl.zeros (2, 2) }", TL_ERROR_VALUE, 1, "one axis");
  cells_fail (cells, "nn.CrossEntropyLoss { weight = { 1, 2 } } (x, y)", TL_ERROR_SHAPE, 1, "one element per class");
  cells_fail (cells, "nn.CrossEntropyLoss () (x, y + 5)", TL_ERROR_VALUE, 1, "index 5 at position 0 is out of range for a size of 3");
  cells_value (cells, "nn.CrossEntropyLoss { ignore_index = 7, reduction = 'sum' } (x, y * 0 + 7):item ()", "0.0");
}

/* Losses that take more than a prediction and a target. */
static void
test_fit_losses (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "tl.manual_seed (1)\nx = tl.randn (32, 4)\ny = x:slice { dim = 1, start = 0, ['end'] = 1 }:reshape (32):gt (0):to ('i64')\nt = tl.randn (32, 2)\n"
                    "m = nn.Linear (4, 2)\nd = data.tensors { x = x, y = y, t = t, fields = { 'x', 'y', 't' } }\n"
                    "l = nn.DistillationLoss { temperature = 2 }\nfirst = l (m (x), y, t):item ()\n"
                    "fit { m, data = d, loss = l, epochs = 20, batch_size = 32, optimizer = optim.SGD { lr = 0.1 } }\nassert (l (m (x), y, t):item () < first)");
  cells_run (cells, "e = nn.Module { fc = nn.Linear (4, 3) }\nfunction e:forward (a, b, c) return self.fc (a), self.fc (b), self.fc (c) end\n"
                    "fit { e, data = data.tensors { a = x, b = x * 2, c = -x, fields = { 'a', 'b', 'c' } }, loss = nn.TripletMarginLoss { margin = 5 }, epochs = 1 }");
  cells_fail (cells, "fit { nn.Linear (4, 2), data = data.tensors (x, y), loss = l }", TL_ERROR_SHAPE, 1, "the model takes 1 inputs and the loss 2 more, but the data set has 2 fields");
}

/* A choice that is one, and the gradient of probabilities. */
static void
test_gumbel (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "g = nn.GumbelSoftmax { hard = true, tau = 0.5 }\nx = nn.Parameter (tl.tensor { { 0.0, 1.0, 2.0 } })\ncounts = tl.zeros (3)\n"
                    "for i = 1, 400 do counts = counts + g (x)[1] end\n(g (x) * tl.tensor { 1.0, 0.0, 0.0 }):sum ():backward ()");
  cells_value (cells, "counts:sum ():item (), counts[1]:item () < counts[2]:item () and counts[2]:item () < counts[3]:item ()", "400.0\ttrue");
  cells_value (cells, "math.abs (x.grad:sum ():item ()) < 1e-6, x.grad:abs ():amax ():item () > 0", "true\ttrue");
  cells_value (cells, "g:eval () (x):totable ()", "{ { 0.0, 0.0, 1.0 } }");
}

/* As if each vector had been used once. */
static void
test_embedding_frequency (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "e = nn.Embedding { num_embeddings = 3, embedding_dim = 1, scale_grad_by_freq = true }\nx = tl.tensor { { 0, 2 }, { 2, 2 } }\n"
                    "plain = nn.Embedding (3, 1)\nplain (x)\nplain.weight:set (e.weight:mul (1))\nassert (e (x):eq (plain (x)):all ():item ());\n"
                    "(e (x) * tl.tensor { { { 5.0 }, { 1.0 } }, { { 2.0 }, { 6.0 } } }):sum ():backward ()");
  cells_value (cells, "e.weight.grad:totable ()", "{ { 5.0 }, { 0.0 }, { 3.0 } }");
}

/* What is no number shows. */
static void
test_embedding_bag (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "e = nn.EmbeddingBag { num_embeddings = 3, embedding_dim = 1, mode = 'max', padding_idx = 2 }\n"
                    "x = tl.tensor { 0, 1, 2 }\ne (x, tl.tensor { 0 })\ne.weight:set (tl.tensor { { 0 / 0 }, { 1.0 }, { 5.0 } })");
  cells_value (cells, "y = e (x, tl.tensor { 0, 1, 2 })\ny[1]:isnan ():item (), y[2]:item (), y[3]:item ()", "true\t1.0\t0.0");
}

static void
test_init (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "nn.Linear { in_features = 2, out = 2, weight_init = 'eye(3)', bias_init = 'ones' }.weight:mul (1):totable ()", "{ { 3.0, 0.0 }, { 0.0, 3.0 } }");
  cells_fail (cells, "l = nn.Linear { in_features = 3, out = 2, weight_init = 'xavier' }\nl (tl.zeros (1, 3))", TL_ERROR_NAME, 2, "Linear: weight_init: there is no initialiser xavier");
}

static void
test_init_functions (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "l = nn.Linear (3, 2)\nnn.init.eye (l.weight, 2)\nnn.init.constant (l.bias, 0.5)");
  cells_value (cells, "l.weight:mul (1):totable (), l.bias:mul (1):totable ()", "{ { 2.0, 0.0, 0.0 }, { 0.0, 2.0, 0.0 } }\t{ 0.5, 0.5 }");
  cells_value (cells, "q = nn.init.orthogonal (tl.zeros (4, 4))\ntl.abs (q:matmul (q:permute (1, 0)) - nn.init.eye (tl.zeros (4, 4))):amax ():item () < 1e-6", "true");
  cells_value (cells, "a, b = nn.init.normal (tl.zeros (5)), nn.init.normal (tl.zeros (5))\na:eq (b):any ():item ()", "false");
  cells_fail (cells, "nn.init.normal (l.weight, { std = 1 })", TL_ERROR_VALUE, 1, "normal: a number is wanted behind the parameter, not a table");
  cells_fail (cells, "nn.init.dirac (tl.zeros (2, 2))", TL_ERROR_SHAPE, 1, "dirac: a tensor of 3 or more axes is wanted, not [2, 2]");
}

static void
test_modules (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "x = tl.randn (2, 3)\nf = nn.Linear (3, 3)\nr = nn.Residual (f)\nassert (tl.abs (r (x) - (f (x) + x)):amax ():item () == 0)");
  cells_value (cells, "r:state ()['layer.weight'].shape", "[3, 3]");
  cells_value (cells, "nn.Residual (nn.Linear (3, 4), nn.Linear (3, 4)) (x).shape", "[2, 4]");
  cells_run (cells, "c = nn.Conv2d (3, 2, 3)\nt = nn.TimeDistributed (c)\nv = tl.randn (2, 4, 3, 5, 5)\ny = t (v)\nassert (tl.abs (y[2][3] - c (v[2])[3]):amax ():item () < 1e-6)");
  cells_value (cells, "y.shape, t:state ()['layer.weight'].shape", "[2, 4, 2, 3, 3]\t[2, 3, 3, 3]");
  cells_value (cells, "fit { nn.Sequential (t, nn.Flatten (), nn.Linear { out = 2 }), data = data.tensors (tl.randn (8, 4, 3, 5, 5), tl.randn (8, 2)), epochs = 1 }.history[1].epoch", "1");
  cells_run (cells, "m = nn.Module { blocks = nn.ModuleList { nn.Linear (3, 3), nn.Residual (nn.Sequential (nn.Linear (3, 3), nn.Tanh ())) } }\n"
                    "function m:forward (x) for _, block in ipairs (self.blocks) do x = block (x) end return x end");
  cells_value (cells, "m (x).shape, #m:parameters (), m:state ()['blocks.2.layer.1.bias'].shape", "[2, 3]\t4\t[3]");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/nn/parts", test_parts);
  g_test_add_func ("/lua/nn/optional-inputs", test_optional_inputs);
  g_test_add_func ("/lua/nn/loss-factors", test_loss_factors);
  g_test_add_func ("/lua/nn/fit-losses", test_fit_losses);
  g_test_add_func ("/lua/nn/gumbel", test_gumbel);
  g_test_add_func ("/lua/nn/embedding-frequency", test_embedding_frequency);
  g_test_add_func ("/lua/nn/embedding-bag", test_embedding_bag);
  g_test_add_func ("/lua/nn/init", test_init);
  g_test_add_func ("/lua/nn/init-functions", test_init_functions);
  g_test_add_func ("/lua/nn/modules", test_modules);
  return g_test_run ();
}
