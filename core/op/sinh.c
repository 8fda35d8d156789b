/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -2, .high = 2 },
  { "2,3,4", .low = -2, .high = 2 },
  { "", .low = -2, .high = 2 },
  { "0", .low = -2, .high = 2 },
  { NULL },
};

const TlOpClass tl_op_sinh = {
  .name = "sinh",
  .group = "trigonometry",
  .doc = "Hyperbolic sine.",
  .formula = "y = (e^x - e^-x) / 2",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "sinh (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Sinh", 9 },
  .torch = "torch.sinh(x0)",
};
