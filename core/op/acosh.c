/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = 1.2, .high = 3 },
  { "2,3,4", .low = 1.2, .high = 3 },
  { "", .low = 1.2, .high = 3 },
  { "0", .low = 1.2, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_acosh = {
  .name = "acosh",
  .group = "trigonometry",
  .doc = "Inverse hyperbolic cosine.",
  .formula = "y = ln (x + sqrt (x^2 - 1))",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "acosh (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Acosh", 9 },
  .torch = "torch.acosh(x0)",
};
