/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops people write.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "tests/lua/cells.h"
#include "tests/sanitized.h"

#define N_STEPS (TESTS_SANITIZED ? 2000 : 10000)

/* Two classes of points that a small network can tell apart. */
static const char points[] = "tl.manual_seed (3)\n"
                             "xs = tl.randn (256, 2)\n"
                             "ys = xs:slice { dim = 1, start = 0, ['end'] = 1 }:mul (xs:slice { dim = 1, start = 1 }):reshape (256):gt (0):to ('i64')\n"
                             "function net (n) return nn.Sequential (nn.Linear (2, n), nn.Tanh (), nn.Linear (n, 2)) end\n";

static void
test_loop (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, points);
  cells_run (cells,
             "m = net (16)\no = optim.Adam (m, { lr = 0.05 })\nloss_of = nn.CrossEntropyLoss ()\n"
             "for i = 1, 150 do\n  o:zero_grad ()\n  loss = loss_of (m (xs), ys)\n  first = first or loss:item ()\n  loss:backward ()\n  o:step ()\nend\n"
             "right = m (xs):argmax (1):eq (ys):to ('f32'):mean ():item ()");
  cells_value (cells, "first > 0.5 and loss:item () < 0.2 and right > 0.9 and o.steps == 150", "true");
  cells_value (cells, "o.lr = 0.5\no.lr", "0.5");
}

/* A value read before and after backward is the same, and so is one that is kept while the parameters change. */
static void
test_values_kept (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells,
             "w = nn.Parameter (tl.tensor { 1.0, 2.0 })\no = optim.SGD ({ w }, { lr = 0.5 })\n"
             "kept = w * 1\nview = w[1]\nloss = (w * w):sum ()\nbefore = loss:item ()\nloss:backward ()\nassert (loss:item () == before and before == 5)\n"
             "g = w.grad\no:step ()\no:zero_grad ()\n"
             "assert (kept[1]:item () == 1 and view:item () == 1 and g[2]:item () == 4)\nassert (w[1]:item () == 0 and w[2]:item () == 0)");
}

/* A step with a function: what computes the loss itself needs one, what it raises comes out and leaves the parameters as they were. */
static void
test_closures (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, points);
  cells_run (cells,
             "m = net (8)\no = optim.LBFGS (m, { line_search_fn = 'strong_wolfe' })\nloss_of = nn.CrossEntropyLoss ()\ncalls = 0\n"
             "compute = function () calls = calls + 1; o:zero_grad (); local l = loss_of (m (xs), ys); l:backward (); return l end\n"
             "first = o:step (compute)\nfor i = 1, 10 do last = o:step (compute) end\n"
             "assert (last < 0.05 and last < first and calls > 40 and o.steps == 11, last)");
  cells_run (cells, "w = m:parameters ()[1] * 1");
  cells_fail (cells, "o:step (function () compute () error ('enough') end)", TL_ERROR_CODE, 1, "enough");
  cells_fail (cells, "o:step (function () return 'loss' end)", TL_ERROR_VALUE, 1, "gave string where the loss is wanted");
  cells_fail (cells, "o:step ()", TL_ERROR_UNSUPPORTED, 1, "LBFGS computes the loss several times a step");
  cells_fail (cells, "optim.LBFGS ({ { params = { m[1] } }, { params = { m[3] } } })", TL_ERROR_UNSUPPORTED, 1, "one group");
  cells_run (cells, "assert ((w - m:parameters ()[1]):abs ():sum ():item () == 0 and o.steps == 11)");
  cells_run (cells, "s = optim.SGD (m, { lr = 0.1 })\nassert (s:step (compute) == last or s.steps == 1)");
  cells_run (cells, "m2 = net (8)\nrun = fit { m2, data = data.tensors (xs, ys), loss = 'cross_entropy', epochs = 12, batch_size = #xs, optimizer = optim.LBFGS { line_search_fn = 'strong_wolfe' } }\n"
                    "assert (run.loss < 0.05 and run.steps == 12, run.loss)");
}

/* Schedules in a loop of one's own: one call is one of what is counted. */
static void
test_schedules (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "w = nn.Parameter (tl.ones (2))\nfunction rates (make, n, ...)\n"
                    "  local o, list = optim.SGD ({ w }, { lr = 1 }), {}\n  local s = make (o)\n"
                    "  for i = 1, n do list[i] = string.format ('%.4g', o.lr) s:step (...) end\n  assert (s.steps == n and s.lr == o.lr)\n"
                    "  return table.concat (list, ' ')\nend");
  cells_value (cells, "rates (function (o) return optim.StepLR (o, { step_size = 2, gamma = 0.5 }) end, 6)", "1 1 0.5 0.5 0.25 0.25");
  cells_value (cells, "rates (function (o) return optim.StepLR (o, 3) end, 5)", "1 1 1 0.1 0.1");
  cells_value (cells, "rates (function (o) return optim.CosineLR (o, { T_max = 4 }) end, 6)", "1 0.8536 0.5 0.1464 0 0");
  cells_value (cells, "rates (function (o) return optim.WarmupLR (o, { total_iters = 4, start_factor = 0.2 }) end, 6)", "0.2 0.4 0.6 0.8 1 1");
  cells_value (cells, "rates (function (o) return optim.ReduceLROnPlateau (o, { patience = 1 }) end, 5, 3.5)", "1 1 1 0.1 0.1");
  cells_value (cells, "rates (function (o) return optim.ReduceLROnPlateau (o, { patience = 1 }) end, 4, tl.tensor (3.5))", "1 1 1 0.1");
  cells_run (cells, "o = optim.SGD ({ w }, { lr = 1 })\nup = optim.ReduceLROnPlateau (o, { patience = 0 })\nfor i = 1, 4 do up:step (i, true) end\nassert (o.lr == 1)");
  cells_fail (cells, "optim.CosineLR (o)", TL_ERROR_VALUE, 1, "CosineLR: T_max must be given");
  cells_fail (cells, "optim.OneCycleLR (o)", TL_ERROR_VALUE, 1, "OneCycleLR: total_steps must be given");
  cells_fail (cells, "optim.StepLR (o)", TL_ERROR_VALUE, 1, "StepLR: step_size must be given");
  cells_fail (cells, "optim.StepLR (optim.SGD { lr = 1 }, 3)", TL_ERROR_VALUE, 1, "the optimizer was given no parameters: optim.SGD (model");
  cells_fail (cells, "optim.StepLR { step_size = 3 }:step ()", TL_ERROR_VALUE, 1, "StepLR was given no optimizer");
  cells_fail (cells, "up:step ()", TL_ERROR_CODE, 1, "number expected");
  cells_fail (cells, "up.rate", TL_ERROR_NAME, 1, "ReduceLROnPlateau has no rate");
}

/* Metrics over batches are those over everything, and what `fit` says of the same predictions. */
static void
test_metrics (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "tl.manual_seed (5)\ny = tl.randint (0, 3, { 90 })\np = tl.randn (3, 90):transpose (0, 1)\n"
                    "function in_parts (m, n)\n  m:reset ()\n  for i = 0, 89, n do m:update (p:slice { start = i, ['end'] = i + n }, y:slice { start = i, ['end'] = i + n }) end\n"
                    "  return m:value ()\nend\n"
                    "for name, make in pairs (metric) do assert (tostring (make ()):find (name .. ': ', 1, true) == 1, name) end\n"
                    "for _, name in ipairs { 'Accuracy', 'TopKAccuracy', 'BalancedAccuracy', 'F1', 'Precision', 'Recall', 'IoU', 'AUCROC', 'AveragePrecision' } do\n"
                    "  local m = metric[name] (name == 'TopKAccuracy' and { k = 2 } or {})\n  local all = in_parts (m, 90)\n"
                    "  assert (all > 0 and all < 1 and math.abs (in_parts (m, 7) - all) < 1e-12, name)\nend");
  cells_value (cells, "in_parts (metric.Accuracy (), 10) == p:argmax (1):eq (y):to ('f64'):mean ():item ()", "true");
  cells_value (cells, "m = metric.ConfusionMatrix () m:update (tl.tensor { { 2.0, 1.0 }, { 0.0, 1.0 }, { 3.0, 1.0 } }, tl.tensor { 0, 1, 1 })\nm:table ()", "{ { 1, 0 }, { 1, 1 } }");
  cells_value (cells, "m = metric.MSE () m:update (tl.tensor { { 1.0 }, { 2.0 } }, tl.tensor { { 1.0 }, { 4.0 } })\nm", "MSE: 2.0");
  cells_value (cells, "m = metric.MeanLoss () m:update (2, 3) m:update (tl.tensor (4.0), 1)\nm:value ()", "2.5");
  cells_run (cells, "f1 = metric.F1 { average = 'micro' }\nf1:update (p, y)");
  cells_fail (cells, "f1:update (tl.randn (3, 5), tl.zeros ({ 3 }, { dtype = 'i64' }))", TL_ERROR_VALUE, 1, "numbers are kept so far");
  cells_fail (cells, "f1:update (p, tl.randn (3))", TL_ERROR_SHAPE, 1, "scores [items, classes, ...] and whole numbers [items, ...] are wanted");
  cells_run (cells, "auc = metric.AUCROC ()\nauc:update (p, y)\nlabels = tl.randint (0, 2, { 90, 3 })");
  cells_fail (cells, "auc:update (tl.randn (9, 5), tl.zeros ({ 9 }, { dtype = 'i64' }))", TL_ERROR_VALUE, 1, "items with 3 scores are kept so far, and these have 5");
  cells_fail (cells, "auc:update (p, labels)", TL_ERROR_VALUE, 1, "and these have 3 of another kind");
  cells_fail (cells, "metric.ConfusionMatrix ():update (p, labels)", TL_ERROR_SHAPE, 1, "an item must be of one class, not of any of 3 labels");
  cells_fail (cells, "metric.F1 { average = 'binary' }:update (p, labels)", TL_ERROR_VALUE, 1, "for one score an item, not for 3 labels");
  cells_fail (cells, "f1:update (p)", TL_ERROR_CODE, 1, "tensor");
  cells_fail (cells, "f1:update (p, 3)", TL_ERROR_CODE, 1, "tensor");
  cells_fail (cells, "metric.Accuracy ():table ()", TL_ERROR_NAME, 1, "Accuracy has no table");
  cells_fail (cells, "metric.F1 { averge = 'micro' }", TL_ERROR_NAME, 1, "did you mean average?");
  cells_fail (cells, "metric.MeanLoss ():update (2, 0)", TL_ERROR_VALUE, 1, "at least 1 item, not 0");
  cells_fail (cells, "tl.compile (function (x) f1:update (x, y) return x end) (p)", TL_ERROR_UNSUPPORTED, 1, "while a step is traced");
}

static void
test_micro_batches (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, points);
  cells_run (cells,
             "m = net (4)\nloss_of = nn.CrossEntropyLoss ()\nloss_of (m (xs), ys):backward ()\nwhole = m:parameters ()[1].grad:totable ()\nm:zero_grad ()\n"
             "for k = 0, 3 do\n  local x, y = xs:slice { start = k * 64, ['end'] = k * 64 + 64 }, ys:slice { start = k * 64, ['end'] = k * 64 + 64 };\n"
             "  (loss_of (m (x), y) / 4):backward ()\nend\nparts = m:parameters ()[1].grad:totable ()\n"
             "for i = 1, 4 do for j = 1, 2 do assert (math.abs (whole[i][j] - parts[i][j]) < 1e-5) end end");
}

static void
test_gan (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells,
             "G = nn.Sequential (nn.Linear (2, 8), nn.ReLU (), nn.Linear (8, 1))\nD = nn.Sequential (nn.Linear (1, 8), nn.ReLU (), nn.Linear (8, 1), nn.Sigmoid ())\n"
             "og, od = optim.Adam (G, { lr = 1e-3 }), optim.Adam (D, { lr = 1e-3 })\nmse = nn.MSELoss ()\nones, zeros = tl.ones (32, 1), tl.zeros (32, 1)\n"
             "start = G:parameters ()[1]:totable ()[1][1]\n"
             "for i = 1, 30 do\n  local real, noise = tl.randn (32, 1) * 0.5 + 2, tl.randn (32, 2)\n"
             "  od:zero_grad ();\n  (mse (D (real), ones) + mse (D (G (noise):detach ()), zeros)):backward ()\n"
             "  for _, p in ipairs (G:parameters ()) do assert (p.grad == nil or i > 1) end\n  od:step ()\n"
             "  og:zero_grad ()\n  mse (D (G (noise)), ones):backward ()\n  og:step ()\nend\n"
             "assert (start ~= G:parameters ()[1]:totable ()[1][1])\nassert (G:parameters ()[1]:totable ()[1][1] == G:parameters ()[1]:totable ()[1][1])");
}

static void
test_modes (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "d = nn.Dropout (0.5)\nx = tl.ones (1000)\na, b = d (x):sum ():item (), d (x):sum ():item ()\nassert (a ~= 1000 and a ~= b)\nd:eval ()\nassert (d (x):sum ():item () == 1000)");
  cells_run (cells, "m = nn.Module { norm = nn.BatchNorm2d (3), drop = nn.Dropout { p = 0.9 } }\nfunction m:forward (x) return self.drop (self.norm (x)) end\n"
                    "x = tl.randn (8, 3, 4, 4) * 3 + 5\nm (x)\nbefore = m:state ()['norm.running_mean']:totable ()\nassert (before[1] ~= 0)\nm:eval ()\n"
                    "y = m (x)\nafter = m:state ()['norm.running_mean']:totable ()\nassert (before[1] == after[1] and not m.training)\nassert (m (x):eq (y):all ():item ())\n"
                    "m:train ()\nm (x)\nassert (m.training and m:state ()['norm.running_mean']:totable ()[1] ~= before[1])");
}

static void
test_recurrent (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells,
             "cell = nn.Module { ih = nn.Linear (3, 5), hh = nn.Linear (5, 5), out = nn.Linear (5, 1) }\n"
             "function cell:forward (x)\n  local h = tl.zeros (x.shape[2], 5)\n  for t = 1, #x do h = (self.ih (x[t]) + self.hh (h)):tanh () end\n  return self.out (h)\nend\n"
             "o = optim.SGD (cell, { lr = 0.01 })\nfor i = 1, 20 do\n  local x = tl.randn (1 + i % 7, 4, 3)\n  o:zero_grad ()\n  local loss = (cell (x) ^ 2):mean ()\n  loss:backward ()\n  o:step ()\nend");
  cells_value (cells, "table.concat ((function () local n = {} for _, p in ipairs (cell:parameters ()) do n[#n + 1] = p.path end return n end) (), ' ')",
               "hh.weight hh.bias ih.weight ih.bias out.weight out.bias");
}

static void
test_inside (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, points);
  cells_run (cells, "m = net (4)\no = optim.SGD (m, { lr = 0.1 })\nfor i = 1, 3 do\n  o:zero_grad ()\n  l = nn.CrossEntropyLoss () (m (xs), ys)\n  print (i, l.shape)\n  l:backward ()\n  o:step ()\nend");
  g_assert_cmpstr (cells->printed->str, ==, "1\t[]\n2\t[]\n3\t[]\n");
  cells_fail (cells, "for i = 1, 3 do\n  local y = m (xs)\n  if i == 2 then\n    y = y:matmul (xs)\n  end\nend", TL_ERROR_SHAPE, 4, "matmul");
  cells_fail (cells, "m2 = nn.Module { a = nn.Linear (2, 3) }\nfunction m2:forward (x)\n  local y = self.a (x)\n  return self.b (y)\nend\nm2 (xs)", TL_ERROR_CODE, 4, "'b'");
}

/* Memory does not grow with the number of steps, although nothing is freed by hand. */
static void
test_flat (void)
{
  g_autoptr (Cells) cells = cells_new ();
  gsize             before, after;
  g_autofree char  *text = g_strdup_printf ("for i = 1, %d do\n  o:zero_grad ()\n  local loss = loss_of (m (xs), ys)\n  loss:backward ()\n  o:step ()\n  held[i %% 50] = loss\nend", N_STEPS);

  cells_run (cells, points);
  cells_run (cells, "m = net (16)\no = optim.Adam (m, { lr = 0.001 })\nloss_of = nn.CrossEntropyLoss ()\nheld = {}\nfor i = 1, 100 do\n  o:zero_grad ()\n  local loss = loss_of (m (xs), ys)\n  loss:backward ()\n  o:step ()\n  held[i % 50] = loss\nend");
  tl_lua_collect (cells->lua);
  before = cells_live ();
  tl_memory_set_limit (before + ((gsize)64 << 20));
  cells_run (cells, text);
  tl_memory_set_limit (0);
  tl_lua_collect (cells->lua);
  after = cells_live ();
  g_test_message ("%" G_GSIZE_FORMAT " bytes before, %" G_GSIZE_FORMAT " after", before, after);
  g_assert_cmpuint (after, <=, before + (1 << 20));
}

/* A cell that fails at any of its operations leaves nothing behind. */
static void
test_leaks (void)
{
  static const char text[] = "local m = nn.Sequential (nn.Linear (8, 8), nn.ReLU (), nn.Linear (8, 2))\nlocal o = optim.Adam (m, { lr = 0.01 })\nlocal x, n = tl.randn (64, 8), 0\n"
                             "local function may_fail () n = n + 1 if n == %u then tl.matmul (x, x) end end\n"
                             "for i = 1, 3 do\n  may_fail () o:zero_grad ()\n  may_fail () local y = m (x)\n  may_fail () local z = tl.compile (function (a) may_fail () return a:relu () end) (y)\n"
                             "  may_fail () local l = (y * y):sum ()\n  may_fail () l:backward ()\n  may_fail () o:step ()\nend";
  g_autoptr (Cells) cells = cells_new ();
  gsize             before = 0;

  for (guint n = 1; n <= 22; n++) {
    g_autofree char *full = g_strdup_printf (text, n);

    cells_try (cells, full);
    if (n <= 21)
      g_assert_error (cells->error, TL_ERROR, TL_ERROR_SHAPE);
    else
      g_assert_no_error (cells->error);
    tl_lua_collect (cells->lua);
    if (n == 3)
      before = cells_live ();
  }
  g_assert_cmpuint (cells_live (), <=, before + (512 << 10));
}

/* Handles stay valid whenever the collector comes. */
static void
test_stress (void)
{
  g_autoptr (Cells) cells = cells_new ();

  tl_lua_set_gc_stress (cells->lua, TRUE);
  cells_run (cells,
             "local m = nn.Sequential (nn.Linear (3, 4), nn.Tanh (), nn.Linear (4, 2))\nlocal o = optim.Adam (m, { lr = 0.01 })\nlocal x, y = tl.randn (8, 3), tl.zeros (8, { dtype = 'i64' })\n"
             "for i = 1, 2 do\n  o:zero_grad ()\n  local l = nn.CrossEntropyLoss () (m (x), y)\n  l:backward ()\n  o:step ()\nend\n"
             "local f = tl.compile (function (a) return a * 2 + 1 end)\nfor i = 1, 3 do f (x) end\n"
             "local d = data.tensors (x, y)\nfor a, b in data.loader { d, batch_size = 3, shuffle = true } do local s = a:sum () + 1 end\n"
             "assert (tl.concat ({ x, x }, { dim = 0 }).shape[1] == 16)");
}

static void
test_loader (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "d = data.tensors (tl.arange { ['end'] = 10 }:reshape (10, 1), tl.arange { ['end'] = 10 })\nassert (#d == 10 and d.fields[1] == 'x')\n"
                    "l = data.loader { d, batch_size = 4 }\nn, sizes = 0, {}\nfor x, y in l do n = n + 1 sizes[n] = #x assert (x:reshape (#x):eq (y):all ():item ()) end");
  cells_value (cells, "n, #l, sizes", "3\t3\t{ 4, 4, 2 }");
  cells_value (cells, "n = 0\nfor x in l do break end\nfor x in l do n = n + #x end\nn", "10");
  cells_value (cells, "kept = {}\nfor x in l do kept[#kept + 1] = x end\nkept[1]:reshape (4):totable ()", "{ 0, 1, 2, 3 }");
  cells_value (cells, "a, b = d:split (0.7)\n#a, #b, #d:head (3), #d:subset { 1, 1, 5 }", "7\t3\t3\t3");
  cells_value (cells, "x, y = d:item (3)\nassert (d[3].y:item () == 2)\ny:item (), d.y:sum ():item ()", "2\t45");
  cells_fail (cells, "data.loader { d, batch_sise = 3 }", TL_ERROR_NAME, 1, "did you mean batch_size?");
  cells_fail (cells, "data.fashion_mnist { path = '/nowhere' }", TL_ERROR_IO, 1, "");
  cells_fail (cells, "d:subset { 11 }", TL_ERROR_VALUE, 1, "no item 11");
}

static void
remove_folder (const char *path)
{
  GDir       *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *inner = g_build_filename (path, name, NULL);

    g_unlink (inner);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_rmdir (path);
}

static void
test_fit (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells->folder = g_dir_make_tmp ("trellis-lua-XXXXXX", NULL);
  cells_run (cells, points);
  cells_run (cells, "train, test = data.tensors (xs, ys):split (0.75)\nm = net (16)\nepochs = 0\n"
                    "run = fit { m, data = train, validate = test, epochs = 30, batch_size = 32, optimizer = optim.Adam { lr = 0.05 }, metrics = { 'accuracy' },\n"
                    "  on_epoch = function (epoch) epochs = epoch.epoch end }");
  cells_value (cells, "#run.history, epochs, run.history[30].accuracy > 0.9, run.history[30].val_accuracy > 0.8, run.history[30].loss < run.history[1].loss", "30\t30\ttrue\ttrue\ttrue");
  cells_value (cells, "run.steps, m.training, m (xs):argmax (1):eq (ys):to ('f32'):mean ():item () > 0.85", "180\tfalse\ttrue");
  cells_run (cells, "assert (run.model_path and tostring (run):find ('val_accuracy'))");
  cells_run (cells, "m = net (4)\nrun = fit { m, data = train, epochs = 50, batch_size = 64, optimizer = 'sgd', loss = function (y, t) return nn.CrossEntropyLoss () (y, t) * 2 end,\n"
                    "  on_epoch = function (e) return e.epoch < 2 end, shuffle = false }");
  cells_value (cells, "#run.history, run.reason", "2\tstop");
  cells_run (cells, "m = nn.Sequential (nn.Linear { out = 4 }, nn.ReLU (), nn.Dropout (0.1), nn.Linear { out = 2 })\nrun = fit { m, data = train, schedule = 'cosine', clip_norm = 1 }");
  cells_run (cells, "rates, optimizer = {}, optim.SGD { lr = 0.5 }\n"
                    "run = fit { m, data = train, epochs = 2, batch_size = 64, optimizer = optimizer,\n"
                    "  schedule = function (step, epoch, lr) rates[#rates + 1] = lr / (step + 1); return rates[#rates] end }\n"
                    "assert (#rates == run.steps and rates[1] == 0.5 and rates[3] == 0.5 / 3)");
  cells_fail (cells, "fit { m, data = train, schedule = function () return -1 end }", TL_ERROR_VALUE, 1, "schedule gave -1");
  cells_fail (cells, "fit { m, data = train, schedule = function () return nothing.at_all end }", TL_ERROR_CODE, 1, "nothing");
  cells_run (cells, "m = nn.Sequential (nn.Linear (2, 8), nn.ReLU (), nn.Linear (8, 2))\n"
                    "frozen = m:parameters ()[1] * 1\n"
                    "groups = optim.AdamW ({ { params = { m[3] } }, { params = { m[1] }, lr = 0, weight_decay = 0 } }, { lr = 0.05 })\n"
                    "fit { m, data = train, optimizer = groups, schedule = 'cosine' }\n"
                    "assert (groups.lr < 0.05 and (m:parameters ()[1] - frozen):abs ():sum ():item () == 0)");
  cells_run (cells, "a, b = nn.Parameter (tl.ones (1)), nn.Parameter (tl.ones (1))\nlists = optim.SGD ({ { params = { a } }, { params = { b }, lr = 0 } }, { lr = 1 });\n"
                    "(a * b):sum ():backward ()\nlists:step ()\nassert (a:item () == 0 and b:item () == 1)");
  cells_fail (cells, "optim.SGD ({ { params = m }, { lr = 3 } })", TL_ERROR_VALUE, 1, "group 2 has no params");
  cells_fail (cells, "optim.SGD ({ { params = m, lrr = 3 } })", TL_ERROR_NAME, 1, "did you mean lr?");
  cells_fail (cells, "optim.SGD ({ { params = m }, { params = m } })", TL_ERROR_VALUE, 1, "there are two parameters");
  cells_fail (cells, "fit { m, data = train, epocs = 3 }", TL_ERROR_NAME, 1, "did you mean epochs?");
  cells_fail (cells, "fit { m, data = train, epochs = 'x' }", TL_ERROR_VALUE, 1, "a whole number is wanted");
  cells_fail (cells, "fit { m, data = 5 }", TL_ERROR_VALUE, 1, "data set");
  cells_fail (cells, "fit { m, data = train, optimizer = 'Adm' }", TL_ERROR_NAME, 1, "did you mean Adam?");
  cells_fail (cells, "fit { m, data = train, metrics = { 'acuracy' } }", TL_ERROR_NAME, 1, "did you mean accuracy?");
  cells_fail (cells, "fit { m, data = train,\n  on_step = function (step)\n    error ('mine') end }", TL_ERROR_CODE, 3, "mine");
  cells_fail (cells, "bad = nn.Module { a = nn.Linear (2, 3) }\nfunction bad:forward (x)\n  return self.a (x):matmul (x)\nend\nfit { bad, data = train }", TL_ERROR_SHAPE, 3, "matmul");
  cells_value (cells, "1 + 1", "2");
  remove_folder (cells->folder);
}

static void
test_model_of_cell (void)
{
  g_autoptr (Cells)  cells = cells_new ();
  g_autoptr (GError) error = NULL;
  TlDim              n = tl_dim_symbol ("N");
  TlAttrInput        shape[] = { TL_INPUT_DIM (n), TL_INPUT_INT (2) };

  cells->model = tl_model_new ("net");
  tl_model_add (cells->model, "x", "Input", &error);
  g_assert_no_error (error);
  tl_model_set_attr (cells->model, "x", "shape", &TL_INPUT_LIST (shape, 2), &error);
  g_assert_no_error (error);
  tl_model_add (cells->model, "fc", "Linear", &error);
  tl_model_set_attr (cells->model, "fc", "out", &TL_INPUT_INT (2), &error);
  tl_model_connect (cells->model, "x", 0, "fc", 0, &error);
  g_assert_no_error (error);
  cells_value (cells, "net (tl.zeros (5, 2)).shape", "[5, 2]");
  cells_value (cells, "#net:parameters (), net:parameters ()[1].path", "2\tfc.weight");
  cells_run (cells, "xs = tl.randn (64, 2)\nrun = fit { net, data = data.tensors (xs, xs:slice { dim = 1, start = 0, ['end'] = 1 }:gt (0):reshape (64):to ('i64')), epochs = 20, optimizer = optim.SGD { lr = 0.5 }, metrics = 'accuracy' }");
  cells_value (cells, "run.history[20].accuracy > 0.9 and not net.training", "true");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/train/loop", test_loop);
  g_test_add_func ("/lua/train/values-kept", test_values_kept);
  g_test_add_func ("/lua/train/closures", test_closures);
  g_test_add_func ("/lua/train/schedules", test_schedules);
  g_test_add_func ("/lua/train/metrics", test_metrics);
  g_test_add_func ("/lua/train/micro-batches", test_micro_batches);
  g_test_add_func ("/lua/train/gan", test_gan);
  g_test_add_func ("/lua/train/modes", test_modes);
  g_test_add_func ("/lua/train/recurrent", test_recurrent);
  g_test_add_func ("/lua/train/inside", test_inside);
  g_test_add_func ("/lua/train/leaks", test_leaks);
  g_test_add_func ("/lua/train/stress", test_stress);
  g_test_add_func ("/lua/train/loader", test_loader);
  g_test_add_func ("/lua/train/fit", test_fit);
  g_test_add_func ("/lua/train/model-of-cell", test_model_of_cell);
  g_test_add_func ("/lua/train/flat", test_flat);
  return g_test_run ();
}
