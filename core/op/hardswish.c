/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "-3 3" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "-3 3" },
  { "", .low = -4, .high = 4, .kinks = "-3 3" },
  { "0", .low = -4, .high = 4, .kinks = "-3 3" },
  { NULL },
};

const TlOpClass tl_op_hardswish = {
  .name = "hardswish",
  .group = "activation",
  .doc = "Piecewise swish.",
  .formula = "y = x min (max (x + 3, 0), 6) / 6",
  .source = "Howard et al. 2019, arXiv:1905.02244",
  .in = tl_ports_x,
  .expr = "x * (min (max (x + 3, 0), 6) / 6)",
  .expr_grad = "select (x <= -3, 0, select (x < 3, dy * (x / 3 + 0.5), dy))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "HardSwish", 14 },
  .torch = "F.hardswish(x0)",
};
