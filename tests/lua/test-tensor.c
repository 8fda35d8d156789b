/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/ops.h"
#include "lua/help.h"
#include "tests/lua/cells.h"

static void
test_create (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "tl.tensor { 1, 2.5, 3 }", "[1.0000, 2.5000, 3.0000]  tensor f32 [3]");
  cells_value (cells, "tl.tensor { { 1, 2 }, { 3, 4 } }", "[[1, 2],\n [3, 4]]\ntensor i64 [2, 2]");
  cells_value (cells, "tl.tensor ({ 1, 2 }, { dtype = 'f64' }).dtype", "f64");
  cells_value (cells, "tl.tensor { true, false }", "[ true, false]  tensor bool [2]");
  cells_value (cells, "tl.tensor (5):item ()", "5");
  cells_value (cells, "tl.zeros (2, 3).shape", "[2, 3]");
  cells_value (cells, "tl.zeros (2, 3):shape ()[2]", "3");
  cells_value (cells, "tl.zeros ({ 2, 3 }):numel ()", "6");
  cells_value (cells, "tl.ones (2, { dtype = 'i64' }):totable ()", "{ 1, 1 }");
  cells_value (cells, "#tl.zeros (7, 2)", "7");
  cells_value (cells, "tl.arange { ['end'] = 4 }", "[0, 1, 2, 3]  tensor i64 [4]");
  cells_value (cells, "x = tl.randn (1000)\nmath.abs (x:mean ():item ()) < 0.2", "true");
  cells_value (cells, "q = tl.ones (1, 9, 4)\nfunction d (p) return (tl.scaled_dot_product_attention (q, q, q, { dropout_p = p })) end\n"
                      "tl.manual_seed (1)\na = d (0.5)\nb = d (0.5)\ntl.manual_seed (1)\nreturn a:eq (d (0.5)):all ():item () and not a:eq (b):all ():item () and d (0):eq (q):all ():item ()",
               "true");
  cells_value (cells, "tl.manual_seed (1)\na = tl.randn (3)\ntl.manual_seed (1)\nb = tl.randn (3)\na:eq (b):all ():item ()", "true");
  cells_fail (cells, "tl.tensor { { 1, 2 }, { 3 } }", TL_ERROR_SHAPE, 1, "one length");
  cells_fail (cells, "tl.tensor { 1, 'a' }", TL_ERROR_VALUE, 1, "a number is wanted");
  cells_fail (cells, "tl.relu ('x')", TL_ERROR_CODE, 1, "relu: argument 1: a tensor is wanted, not a string");
  cells_run (cells, "for _, name in ipairs { 'softmin', 'std', 'norm', 'nan_to_num' } do assert (tl[name] (1.5).dtype == 'f32', name) end");
  cells_run (cells, "assert (tl.to (0.1, { dtype = 'f64' }):item () == 0.1)");
  cells_fail (cells, "tl.zeros (-3)", TL_ERROR_VALUE, 1, "");
  cells_fail (cells, "tl.zeros (2):item ()", TL_ERROR_SHAPE, 1, "item");
  cells_run (cells, "s = tostring (tl.randn (300, 300))\nassert (#s < 3000 and s:find ('…'))");
  cells_run (cells, "s = tostring (tl.randn (2, 2, 2, 2, 2, 2, 2, 20))\nassert (#s < 20000)");
}

static void
test_operators (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "x = tl.tensor { 1.0, 2.0, 4.0 };\n(x + 1):totable ()", "{ 2.0, 3.0, 5.0 }");
  cells_value (cells, "(1 - x):totable ()", "{ 0.0, -1.0, -3.0 }");
  cells_value (cells, "(x * x / 2):totable ()", "{ 0.5, 2.0, 8.0 }");
  cells_value (cells, "(x ^ 2):totable ()", "{ 1.0, 4.0, 16.0 }");
  cells_value (cells, "(-x):totable ()", "{ -1.0, -2.0, -4.0 }");
  cells_value (cells, "x:gt (1.5):totable ()", "{ false, true, true }");
  cells_value (cells, "tl.maximum (x, 2):totable ()", "{ 2.0, 2.0, 4.0 }");
  cells_value (cells, "x[1]:item (), x[-1]:item ()", "1.0\t4.0");
  cells_value (cells, "m = tl.arange { ['end'] = 6 }:reshape (2, 3)\nm[2][3]:item ()", "5");
  cells_value (cells, "m:reshape { 3, -1 }.shape", "[3, 2]");
  cells_value (cells, "m:sum (1):totable ()", "{ 3, 12 }");
  cells_value (cells, "m:sum { dim = 0, keepdim = true }.shape", "[1, 3]");
  cells_value (cells, "m:permute (1, 0).shape", "[3, 2]");
  cells_value (cells, "tl.concat ({ x, x }, { dim = 0 }).shape", "[6]");
  cells_value (cells, "tl.concat (x, x, x).shape", "[9]");
  cells_value (cells, "x:to ('f64').dtype", "f64");
  cells_value (cells, "a, b = tl.chunk (m, 2, 1)\nb:totable ()", "{ { 2 }, { 5 } }");
  cells_value (cells, "#{ tl.split (x, 1) }, #{ m:unbind (1) }", "3\t3");
  cells_value (cells, "#{ tl.zeros (300):unbind () }", "300");
  cells_value (cells, "f = tl.compile (function (v) local p = { tl.split (v, { 1, 2 }) } return p[1] * p[2] end)\nf (x):totable ()", "{ 2.0, 4.0 }");
  cells_value (cells, "tl.inverse (tl.tensor { { 2.0, 0.0 }, { 0.0, 4.0 } }):totable ()", "{ { 0.5, 0.0 }, { 0.0, 0.25 } }");
  cells_fail (cells, "a, b = tl.split (x, { 1, 1 })", TL_ERROR_SHAPE, 1, "not those of an axis of 3");
  cells_fail (cells, "y = x[4]", TL_ERROR_VALUE, 1, "counted from 1");
  cells_fail (cells, "x + {}", TL_ERROR_CODE, 1, "tensor");
  cells_fail (cells, "tl.relu ()", TL_ERROR_VALUE, 1, "input x is missing");
  cells_fail (cells, "tl.ones (2, 3):index_select (0, tl.tensor { 1 })", TL_ERROR_VALUE, 1, "index_select: tensors come first: tl.index_select (x, index, { dim = 0 })");
  cells_fail (cells, "tl.einsum ('ij->ji', tl.ones (2, 3))", TL_ERROR_VALUE, 1, "tensors come first: tl.einsum (tensors..., { equation })");
}

static void
test_gradients (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_value (cells, "w = nn.Parameter (tl.tensor { 1.0, 2.0 })\nloss = (w * w):sum ()\nloss:backward ()\nw.grad:totable ()", "{ 2.0, 4.0 }");
  cells_value (cells, "(w * 3):sum ():backward ()\nw.grad:totable ()", "{ 5.0, 7.0 }");
  cells_value (cells, "w:zero_grad ()\nw.grad", "nil");
  cells_value (cells, "g = tl.grad ((w * w * w):sum (), w)\ng:totable ()", "{ 3.0, 12.0 }");
  cells_value (cells, "g = tl.grad ((w * w * w):sum (), w, { create_graph = true })\ntl.grad (g:sum (), { w }):totable ()", "{ 6.0, 12.0 }");
  cells_value (cells, "tl.no_grad (function () return w * 2 end).requires_grad", "false");
  cells_value (cells, "(w * 2).requires_grad, (w * 2):detach ().requires_grad", "true\tfalse");
  cells_value (cells, "w:set (tl.tensor { 5.0, 6.0 })\nw:totable ()", "{ 5.0, 6.0 }");
  cells_fail (cells, "nn.Parameter (tl.tensor { 1, 2 })", TL_ERROR_DTYPE, 1, "i64");
  cells_fail (cells, "pcall (tl.no_grad, error)\nassert ((w * 2).requires_grad)\ntl.zeros (2):backward ()", TL_ERROR_VALUE, 3, "");
}

static void
test_compile (void)
{
  g_autoptr (Cells) cells = cells_new ();

  cells_run (cells, "calls = 0\nf = tl.compile (function (x, k) calls = calls + 1\n return (x * k + 1):relu (), x:sum () end)");
  cells_value (cells, "a, b = f (tl.tensor { -1.0, 2.0 }, 3)\na:totable (), b:item ()", "{ 0.0, 7.0 }\t1.0");
  cells_value (cells, "a, b = f (tl.tensor { 5.0, 1.0 }, 3)\na:totable (), b:item (), calls", "{ 16.0, 4.0 }\t6.0\t1");
  cells_value (cells, "f (tl.zeros (3), 3)\nf (tl.zeros (3), 4)\nf (tl.zeros (3), 3)\ncalls", "3");
  cells_fail (cells, "g = tl.compile (function (x)\n  return x:item () end)\ng (tl.zeros (1))", TL_ERROR_UNSUPPORTED, 2, "traced");
  cells_fail (cells, "g = tl.compile (function (x) return 5 end)\ng (tl.zeros (1))", TL_ERROR_VALUE, 2, "tensors");
  cells_fail (cells, "g = tl.compile (function (x)\n error ('mine') end)\ng (tl.zeros (1))", TL_ERROR_CODE, 2, "mine");
  cells_value (cells, "f (tl.tensor { 1.0 }, 1):item ()", "2.0"); /* after an abandoned trace */
  cells_run (cells, "for i = 1, 20 do f (tl.zeros (i), 0) end");
  g_assert_nonnull (strstr (cells->printed->str, "more than 8"));
  g_assert_nonnull (strstr (cells->printed->str, "They differ: argument 1 in the size of axis 0; argument 2 in its value."));
  cells_run (cells, "for i = 1, 20 do f (tl.zeros (i), 0) end");
  g_assert_cmpstr (cells->printed->str, ==, ""); /* told once */
  /* A whole step with gradients: variables change as they would at once. */
  cells_value (cells,
               "w = nn.Parameter (tl.tensor { 1.0, 2.0 })\no = optim.SGD ({ w }, { lr = 0.1 })\n"
               "step = tl.compile (function (x) o:zero_grad ()\n local l = (w * x):sum ()\n l:backward ()\n o:step ()\n return l end)\n"
               "for i = 1, 3 do l = step (tl.tensor { 1.0, 1.0 }) end\nl:item () - 2.6 < 1e-5, (w[1]:item () - 0.7) ^ 2 < 1e-9",
               "true\ttrue");
}

/* Every row can be called by its name, says what is wrong, and has help. */
static void
test_rows (void)
{
  g_autoptr (Cells) cells = cells_new ();

  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);
    g_autofree char *text = g_strdup_printf ("assert (type (tl['%s']) == 'function')\npcall (tl['%s'])\npcall (tl['%s'], {}, {}, {})", op->name, op->name, op->name);
    g_autofree char *name = g_strdup_printf ("tl.%s", op->name);
    g_autofree char *help = NULL;

    if ((op->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) != 0)
      continue;
    cells_run (cells, text);
    help = tl_lua_inspect (NULL, name);
    g_assert_nonnull (help);
    g_assert_nonnull (strstr (help, op->doc));
  }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/tensor/create", test_create);
  g_test_add_func ("/lua/tensor/operators", test_operators);
  g_test_add_func ("/lua/tensor/gradients", test_gradients);
  g_test_add_func ("/lua/tensor/compile", test_compile);
  g_test_add_func ("/lua/tensor/rows", test_rows);
  return g_test_run ();
}
