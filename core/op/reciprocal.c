/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = 0.1, .high = 3 }, { "2,3,4,5", .low = 0.1, .high = 3 }, { "", .low = 0.1, .high = 3 }, { "0", .low = 0.1, .high = 3 }, { NULL } };

const TlOpClass tl_op_reciprocal = {
  .name = "reciprocal",
  .group = "arithmetic",
  .doc = "Reciprocal.",
  .formula = "y = 1 / x",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "reciprocal (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Reciprocal", 1 },
  .torch = "torch.reciprocal(x0)",
};
