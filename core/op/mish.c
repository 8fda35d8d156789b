/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "0" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "0" },
  { "", .low = -4, .high = 4, .kinks = "0" },
  { "0", .low = -4, .high = 4, .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_mish = {
  .name = "mish",
  .group = "activation",
  .doc = "Mish.",
  .formula = "y = x tanh (ln (1 + e^x))",
  .source = "Misra 2019, arXiv:1908.08681",
  .in = tl_ports_x,
  .expr = "x * tanh (max (x, 0) + log1p (exp (-abs (x))))",
  .expr_grad = "dy * (tanh (max (x, 0) + log1p (exp (-abs (x)))) + x * sigmoid (x) * (1 - square (tanh (max (x, 0) + log1p (exp (-abs (x)))))))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Mish", 18 },
  .torch = "F.mish(x0)",
};
