/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = 0.1, .high = 3 }, { "2,3,4,5", .low = 0.1, .high = 3 }, { "", .low = 0.1, .high = 3 }, { "0", .low = 0.1, .high = 3 }, { NULL } };

const TlOpClass tl_op_log = {
  .name = "log",
  .group = "power",
  .doc = "Natural logarithm.",
  .formula = "y = ln x",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "log (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Log", 1 },
  .torch = "torch.log(x0)",
};
