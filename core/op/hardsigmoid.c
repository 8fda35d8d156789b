/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "-3 3" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "-3 3" },
  { "", .low = -4, .high = 4, .kinks = "-3 3" },
  { "0", .low = -4, .high = 4, .kinks = "-3 3" },
  { NULL },
};

const TlOpClass tl_op_hardsigmoid = {
  .name = "hardsigmoid",
  .group = "activation",
  .doc = "Piecewise linear sigmoid.",
  .formula = "y = min (max (x + 3, 0), 6) / 6",
  .source = "Howard et al. 2019, arXiv:1905.02244",
  .in = tl_ports_x,
  .expr = "min (max (x + 3, 0), 6) / 6",
  .expr_grad = "select (x > -3, select (x < 3, dy / 6, 0), 0)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "HardSigmoid", 6 },
  .torch = "F.relu6(x0 + 3) / 6",
};
