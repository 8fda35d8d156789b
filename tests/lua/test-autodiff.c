/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/lua/cells.h"

#define NEAR "local function near (a, b) return (a - b):abs ():max ():item () < 1e-9 end\n"

static void
test_detach (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "w = nn.Parameter (tl.tensor { 1.0, 2.0 })");
  cells_value (cells, "w:detach ().requires_grad, tl.detach (w * 2).requires_grad, (w * 2):detach ().requires_grad", "false\tfalse\tfalse");
  cells_value (cells, "tl.grad ((w * w:detach ()):sum (), w):totable ()", "{ 1.0, 2.0 }");
  cells_value (cells, "f = tl.compile (function (x) return tl.grad ((w * w:detach () * x):sum (), w) end)\nf (tl.tensor { 3.0, 4.0 }):totable ()", "{ 3.0, 8.0 }");
  cells_value (cells, "w.requires_grad = false\n(w * 2).requires_grad", "false");
  cells_value (cells, "x = tl.watch (tl.tensor { 3.0 })\ntl.grad ((x * x):sum (), x):item (), x.requires_grad", "6.0\ttrue");
  cells_fail (cells, "tl.watch (tl.tensor { 3 })", TL_ERROR_DTYPE, 1, "i64");
}

static void
test_products (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "a = tl.tensor ({ { 1, 2 }, { 3, 4 }, { 5, 6 } }, { dtype = 'f64' })\n"
                    "function f (x) return (a:matmul (x)) ^ 2 end\n"
                    "function g (x, y) return (x * x * y):sum () end\n"
                    "x = tl.tensor ({ 0.5, -1 }, { dtype = 'f64' })\ny = tl.tensor ({ 2, 3 }, { dtype = 'f64' })");
  /* J = 2 diag (A x) A, A x = -1.5, -2.5, -3.5 */
  cells_value (cells, "tl.jacobian (f, x):totable ()", "{ { -3.0, -6.0 }, { -15.0, -20.0 }, { -35.0, -42.0 } }");
  cells_value (cells, "y0, d = tl.vjp (f, x, tl.tensor ({ 1, 0, 1 }, { dtype = 'f64' }))\ny0:totable (), d:totable ()", "{ 2.25, 6.25, 12.25 }\t{ -38.0, -48.0 }");
  cells_value (cells, "y0, d = tl.jvp (f, x, tl.tensor ({ 1, -1 }, { dtype = 'f64' }))\nd:totable ()", "{ 3.0, 5.0, 7.0 }");
  cells_value (cells, "v, dx, dy = tl.vjp (g, { x, y })\nv:item (), dx:totable (), dy:totable ()", "3.5\t{ 2.0, -6.0 }\t{ 0.25, 1.0 }");
  cells_value (cells, "tl.hessian (function (x) return (x * x * x):sum () end, x):totable ()", "{ { 3.0, 0.0 }, { 0.0, -6.0 } }");
  cells_value (cells, "h = tl.hessian (g, { x, y })\nh[1][1]:totable (), h[1][2]:totable (), h[2][2]:totable ()",
               "{ { 4.0, 0.0 }, { 0.0, 6.0 } }\t{ { 1.0, 0.0 }, { 0.0, -2.0 } }\t{ { 0.0, 0.0 }, { 0.0, 0.0 } }");
  cells_value (cells, "v, hx, hy = tl.hvp (g, { x, y }, { x, y })\nhx:totable (), hy:totable ()", "{ 4.0, -12.0 }\t{ 0.5, 2.0 }");
  /* A function that nothing depends on, and derivatives of derivatives. */
  cells_value (cells, "v, d = tl.jvp (function (x) return y end, x, x)\nd:totable ()", "{ 0.0, 0.0 }");
  cells_value (cells, "tl.jacobian (function (x) local _, d = tl.jvp (function (z) return z ^ 3 end, x, y, { create_graph = true }) return d end, x):add (0):totable ()",
               "{ { 6.0, 0.0 }, { 0.0, -18.0 } }");
  cells_value (cells, "c = tl.compile (function (x) return tl.jacobian (f, x) end)\nc (x):totable ()", "{ { -3.0, -6.0 }, { -15.0, -20.0 }, { -35.0, -42.0 } }");
  cells_fail (cells, "\ntl.hvp (f, x, x)", TL_ERROR_SHAPE, 2, "one number");
  cells_fail (cells, "tl.jvp (f, x, tl.ones (3))", TL_ERROR_SHAPE, 1, "vector");
  cells_fail (cells, "tl.jvp (g, { x, y }, x)", TL_ERROR_VALUE, 1, "2 inputs and 1 vectors");
  cells_fail (cells, "tl.vjp (function (x)\n return 5 end, x)", TL_ERROR_VALUE, 1, "number");
  cells_fail (cells, "tl.vjp (function (x)\n error ('mine') end, x)", TL_ERROR_CODE, 2, "mine");
}

static void
test_custom (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, NEAR
             "w = nn.Parameter (tl.tensor ({ 0.5, -1 }, { dtype = 'f64' }))\ncalls = 0\n"
             "my_exp = tl.custom {\n"
             "  forward = function (ctx, x)\n    ctx.y = x:exp ()\n    return ctx.y\n  end,\n"
             "  backward = function (ctx, dy)\n    calls = calls + 1\n    return dy * ctx.y\n  end,\n}\n"
             "assert (near (tl.grad (my_exp (w):sum (), w), w:exp ()) and calls == 1)\n"
             "assert (my_exp (w).requires_grad and not my_exp (w:detach ()).requires_grad)");
  /* The result that was kept is what gradients flow through. */
  cells_run (cells, NEAR "g = tl.grad ((my_exp (w) * 3):sum (), w, { create_graph = true })\n"
                         "h = tl.grad ((g * g):sum (), w)\nassert (near (h, 18 * (2 * w):exp ()))");
  /* backward() decides: it need not be the derivative. */
  cells_run (cells, "round = tl.custom { forward = function (ctx, x) return x:round () end, backward = function (ctx, dy) return dy end }\n"
                    "assert (tl.grad ((round (w) * 2):sum (), w)[1]:item () == 2)");
  /* Numbers among the arguments, several results, of which one is not used, and a tensor without a gradient. */
  cells_value (cells,
               "both = tl.custom {\n forward = function (ctx, x, k, y) ctx.k = k\n return x * k, x + y end,\n"
               " backward = function (ctx, da, db) return da * ctx.k + db, nil end }\n"
               "a, b = both (w, 7.0, w)\ntl.grad (a:sum (), w):totable (), tl.grad (b:sum (), w):totable ()",
               "{ 7.0, 7.0 }\t{ 1.0, 1.0 }");
  /* In a step that is traced, with a second derivative. */
  cells_run (cells, NEAR
             "step = tl.compile (function (x)\n"
             "  local g = tl.grad ((my_exp (w) * x):sum (), w, { create_graph = true })\n"
             "  return g, tl.grad (g:sum (), w), my_exp (w)\nend)\n"
             "for i = 1, 2 do\n  local x = tl.tensor ({ 2, i }, { dtype = 'f64' })\n  local g, h, y = step (x)\n"
             "  assert (near (g, w:exp () * x) and near (h, w:exp () * x) and near (y, w:exp ()))\nend");
  cells_run (cells, "y = my_exp (w):sum ()\ny:backward ()\nassert (w.grad)");
  cells_fail (cells, "y:backward ()", TL_ERROR_VALUE, 1, "released");
}

static void
test_custom_errors (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "w = nn.Parameter (tl.ones (2, 3))\n"
                    "function make (backward) return tl.custom { forward = function (ctx, x, y) return x * 2 end, backward = backward } end");
  cells_fail (cells, "f = make (function (ctx, dy) return dy end)\n\nf (w, w):sum ():backward ()", TL_ERROR_VALUE, 3, "1 gradients for 2 tensors");
  cells_fail (cells, "f = make (function (ctx, dy) return dy:sum () end)\nf (w):sum ():backward ()", TL_ERROR_SHAPE, 2, "f32 [2, 3]");
  cells_fail (cells, "f = make (function (ctx, dy) return dy:to ('i64') end)\nf (w):sum ():backward ()", TL_ERROR_DTYPE, 2, "i64");
  cells_value (cells, "f = make (function (ctx, dy) return dy:to ('f64') end)\nf (w):sum ():backward ()\nw.grad.dtype", "f32");
  cells_fail (cells, "f = make (function (ctx, dy) return 3 end)\nf (w):sum ():backward ()", TL_ERROR_VALUE, 2, "number");
  cells_fail (cells, "f = make (function (ctx, dy)\n  return dy:matmul (dy)\nend)\nf (w):sum ():backward ()", TL_ERROR_SHAPE, 2, "matmul");
  cells_fail (cells, "f = tl.custom { forward = function (ctx, x)\n return 'text' end, backward = print }\nf (w)", TL_ERROR_VALUE, 3, "result 1");
  cells_fail (cells, "tl.custom { forward = print }", TL_ERROR_VALUE, 1, "backward");
  cells_fail (cells, "c = tl.compile (function (x)\n  return tl.grad (f2 (x * w):sum (), w)\nend)\n"
                     "f2 = make (function (ctx, dy) return dy:sum () end)\nc (tl.ones (2, 3))",
              TL_ERROR_SHAPE, 2, "gradient");
  cells_value (cells, "(w + 1)[1][1]:item ()", "2.0");
}

static void
test_checkpoint (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "tl.manual_seed (7)\nlayers = {}\n"
                    "for i = 1, 3 do layers[i] = nn.Sequential { nn.Linear { out = 8 }, nn.Tanh (), nn.Dropout (0.3), nn.Linear { out = 8 } } end\n"
                    "model = nn.Module { layers = layers, forward = function (self, x, kept)\n"
                    "  for _, layer in ipairs (self.layers) do\n    if kept then x = tl.checkpoint (layer, x) else x = layer (x) end\n"
                    "    if kept then x = tl.checkpoint (function (y, k) return y * k + tl.rand (1) end, x, 1.5) else x = x * 1.5 + tl.rand (1) end\n"
                    "  end\n  return x:sum () end }\n"
                    "input = tl.randn (4, 8)\nmodel (input)\n"
                    "function run (kept)\n  tl.manual_seed (3)\n  for _, v in pairs (model:state ()) do if v.path:find ('calls') then v:set (tl.zeros ({}, { dtype = 'i64' })) end end\n"
                    "  model:zero_grad ()\n  local y = model (input, kept)\n  y:backward ()\n"
                    "  local all = { y:item (), tl.rand (1):item () }\n"
                    "  for _, p in ipairs (model:parameters ()) do all[#all + 1] = p.grad end\n  return all\nend");
  /* The same bits, with random layers, and random numbers go on as they would. */
  cells_run (cells, "a, b = run (false), run (true)\nassert (#a == #b and #a == 14)\n"
                    "for i = 1, #a do\n  if i <= 2 then assert (a[i] == b[i], i) else assert (a[i]:eq (b[i]):all ():item (), i) end\nend");
  /* Gradients of gradients go through the repetition. */
  cells_value (cells, "w = nn.Parameter (tl.tensor ({ 2.0 }, { dtype = 'f64' }))\ny = tl.checkpoint (function (x) return x * x * x end, w)\n"
                      "g = tl.grad (y:sum (), w, { create_graph = true })\ng:item (), tl.grad (g:sum (), w):item ()",
               "12.0\t12.0");
  /* A function that only reads parameters, and one inside another. */
  cells_value (cells, "y = tl.checkpoint (function () return w * tl.checkpoint (function (v) return v * v end, w) end)\ntl.grad (y:sum (), w):item ()", "12.0");
  cells_value (cells, "tl.no_grad (tl.checkpoint, function () return w * 2 end).requires_grad", "false");
  cells_fail (cells, "n = 0\ny = tl.checkpoint (function (x)\n  n = n + 1\n  if n > 1 then error ('again') end\n  return x * 2\nend, w)\ny:sum ():backward ()",
              TL_ERROR_CODE, 4, "again");
  cells_fail (cells, "tl.checkpoint (function () return 5 end)", TL_ERROR_VALUE, 1, "result 1");
}

/* In a traced step too: the same bits, and less memory. */
static void
test_checkpoint_compiled (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "tl.manual_seed (7)\n"
                    "net = nn.Module { a = nn.Sequential { nn.Linear { out = 8 }, nn.Tanh (), nn.Dropout (0.3), nn.BatchNorm1d () }, b = nn.Linear { out = 3 }, kept = false,\n"
                    "  forward = function (self, x) return self.b (self.kept and tl.checkpoint (self.a, x) or self.a (x)):sum () end }\n"
                    "input = tl.randn (5, 4)\nnet (input)\n"
                    "state = {}\nfor k, v in pairs (net:state ()) do state[k] = v + 0 end\n"
                    "function run (kept)\n  for k, v in pairs (net:state ()) do v:set (state[k]) end\n  net.kept = kept\n  net:zero_grad ()\n"
                    "  local step = tl.compile (function (x) net:zero_grad ()\n    local y = net (x)\n    y:backward ()\n    return y end)\n"
                    "  local all = { step (input), step (input) }\n"
                    "  for _, p in ipairs (net:parameters ()) do all[#all + 1] = p.grad end\n"
                    "  for k, v in pairs (net:state ()) do state['after ' .. k] = nil end\n"
                    "  for _, k in ipairs { 'a.4.running_mean', 'a.4.running_var', 'a.3.calls' } do all[#all + 1] = net:state ()[k] + 0 end\n  return all\nend\n"
                    "a, b = run (false), run (true)\nassert (#a == #b and #a >= 11)\n"
                    "for i = 1, #a do assert (a[i]:eq (b[i]):all ():item (), i) end");
}

static void
test_autocast (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "a, b = tl.randn (4, 5), nn.Parameter (tl.randn (5, 3))");
  cells_value (cells, "tl.autocast ('bf16', function () return a:matmul (b) end).dtype, a:matmul (b).dtype", "bf16\tf32");
  cells_value (cells, "tl.autocast ('f16', function (x) return x:matmul (b):softmax () end, a).dtype", "f32");
  cells_value (cells, "y = tl.autocast ('bf16', function () return a:matmul (b):sum () end)\ny:backward ()\ny.dtype, b.grad.dtype", "f32\tf32");
  cells_value (cells, "tl.autocast ('bf16', function () return tl.autocast ('f32', function () return a:matmul (b).dtype end) end)", "f32");
  cells_value (cells, "f = tl.compile (function (x) return x:matmul (b) end)\nf (a).dtype, tl.autocast ('bf16', f, a).dtype, f (a).dtype", "f32\tbf16\tf32");
  cells_fail (cells, "tl.autocast ('f64', print)", TL_ERROR_VALUE, 1, "f64");
  cells_fail (cells, "pcall (tl.autocast, 'bf16', error)\nassert (a:matmul (b).dtype == 'f32')\nerror ('fine')", TL_ERROR_CODE, 3, "fine");
  cells_value (cells, "(tl.ones (2, { dtype = 'f16' }) * 1.5 + 0.25):totable ()", "{ 1.75, 1.75 }");
}

/* Optimizers change parameters of 16 bits as those of f32, rounded once; in a planned step too. */
static void
test_half_parameters (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "start, x = tl.randn (300):to ('bf16'), tl.randn (300):to ('bf16')\n"
                    "for _, name in ipairs { 'SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad', 'Lion', 'NAdam' } do\n"
                    "  local result = {}\n"
                    "  for i, dtype in ipairs { 'f32', 'bf16', 'bf16' } do\n"
                    "    local w = nn.Parameter (start:to (dtype))\n    local o = optim[name] ({ w }, { lr = 0.05 })\n"
                    "    local function step (v) o:zero_grad ()\n      local loss = (w * v):sum ()\n      loss:backward ()\n      o:step ()\n      return loss end\n"
                    "    if i == 3 then step = tl.compile (step) end\n    step (x:to (dtype))\n    result[i] = w:to ('bf16')\n  end\n"
                    "  assert (result[2]:eq (result[1]):all ():item () and result[3]:eq (result[1]):all ():item (), name)\n"
                    "  assert (not result[1]:eq (start):all ():item (), name)\nend");
}

/* What the engine keeps for the backward pass goes with it, also when Lua's function holds its own result. */
static void
test_memory (void)
{
  g_autoptr (Cells) cells = cells_new ();
  gsize             before;

  cells_run (cells, "w = nn.Parameter (tl.randn (64, 64))\n"
                    "f = tl.custom { forward = function (ctx, x) ctx.y = x:tanh ()\n return ctx.y end, backward = function (ctx, dy) return dy * (1 - ctx.y * ctx.y) end }\n"
                    "function loop (n)\n  for i = 1, n do\n    local h = f (w)\n    local y = tl.checkpoint (function (x) return (x * h):exp () end, w)\n"
                    "    y:sum ():backward ()\n    f (w)\n    w:zero_grad ()\n  end\n  collectgarbage ()\n  collectgarbage ()\nend\nloop (50)");
  before = cells_live ();
  cells_run (cells, "loop (400)");
  g_assert_cmpuint (cells_live (), <, before + (1 << 20));
}

static void
test_anomaly (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "tl.detect_anomaly (true)", "false");
  cells_fail (cells, "x = tl.zeros (2)\ny = x + 1\nz = (x - 1):sqrt ()", TL_ERROR_NUMERIC, 3, "sqrt made a NaN");
  cells_fail (cells, "z = tl.full ({ 2 }, 1000):exp ()", TL_ERROR_NUMERIC, 1, "exp made an Inf");
  /* The gradient of a square root is infinite at 0: found in the backward pass, and what it belongs to is told. */
  cells_fail (cells, "w = nn.Parameter (x)\nloss = w\n  :sqrt ():sum ()\nw = 5\nloss:backward ()", TL_ERROR_NUMERIC, 5, "the gradient of cell:");
  /* Infinities that are meant. */
  cells_run (cells, "s = tl.zeros (1, 3):masked_fill (tl.tensor { { false, true, false } }, -math.huge):softmax ()\nassert (s[1][2]:item () == 0)");
  cells_run (cells, "net = nn.Module { fc = nn.Linear { out = 2 } }\nnet.fc (tl.ones (1, 2))\nfor _, p in ipairs (net:parameters ()) do p:set (p * 0 + 1e30) end");
  cells_fail (cells, "net.fc (tl.full ({ 1, 2 }, 1e30))", TL_ERROR_NUMERIC, 1, "linear made an Inf in its result of shape [1, 2] at node fc");
  cells_fail (cells, "w = nn.Parameter (tl.ones (2))\nstep = tl.compile (function (x)\n  local y = (w * x):log ()\n  return tl.grad (y:sum (), w)\nend)\n"
                     "step (tl.ones (2))\nstep (tl.zeros (2))",
              TL_ERROR_NUMERIC, 7, "");
  cells_run (cells, "tl.detect_anomaly (false)\nz = (tl.zeros (2) - 1):sqrt ()");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/autodiff/detach", test_detach);
  g_test_add_func ("/lua/autodiff/products", test_products);
  g_test_add_func ("/lua/autodiff/custom", test_custom);
  g_test_add_func ("/lua/autodiff/custom-errors", test_custom_errors);
  g_test_add_func ("/lua/autodiff/checkpoint", test_checkpoint);
  g_test_add_func ("/lua/autodiff/checkpoint-compiled", test_checkpoint_compiled);
  g_test_add_func ("/lua/autodiff/autocast", test_autocast);
  g_test_add_func ("/lua/autodiff/half-parameters", test_half_parameters);
  g_test_add_func ("/lua/autodiff/memory", test_memory);
  g_test_add_func ("/lua/autodiff/anomaly", test_anomaly);
  return g_test_run ();
}
