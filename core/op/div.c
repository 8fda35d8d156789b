/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4; 3,4", .low = 0.5, .high = 2 }, { "2,3,4; 4", .low = 0.5, .high = 2 }, { "5,1; 1,3", .low = 0.5, .high = 2 }, { "; 3", .low = 0.5, .high = 2 }, { "0,3; 3", .low = 0.5, .high = 2 }, { NULL } };

const TlOpClass tl_op_div = {
  .name = "div",
  .group = "arithmetic",
  .doc = "Quotient of two tensors; floating also for whole numbers.",
  .formula = "y = a / b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "a / b",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Div", 1 },
  .torch = "x0 / x1",
};
