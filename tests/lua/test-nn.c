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

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/nn/parts", test_parts);
  g_test_add_func ("/lua/nn/optional-inputs", test_optional_inputs);
  return g_test_run ();
}
