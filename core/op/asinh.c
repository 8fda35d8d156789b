/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3 },
  { "2,3,4", .low = -3, .high = 3 },
  { "", .low = -3, .high = 3 },
  { "0", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_asinh = {
  .name = "asinh",
  .group = "trigonometry",
  .doc = "Inverse hyperbolic sine.",
  .formula = "y = ln (x + sqrt (x^2 + 1))",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "asinh (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Asinh", 9 },
  .torch = "torch.asinh(x0)",
};
