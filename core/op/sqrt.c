/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = 0.1, .high = 3 }, { "2,3,4,5", .low = 0.1, .high = 3 }, { "", .low = 0.1, .high = 3 }, { "0", .low = 0.1, .high = 3 }, { NULL } };

const TlOpClass tl_op_sqrt = {
  .name = "sqrt",
  .group = "power",
  .doc = "Square root.",
  .formula = "y = sqrt x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "sqrt (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Sqrt", 1 },
  .torch = "torch.sqrt(x0)",
};
