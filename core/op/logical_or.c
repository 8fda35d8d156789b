/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "bool:3,4; bool:3,4" }, { "bool:2,3,4; bool:4" }, { "3,4; 4" }, { "i64:5<2; i64:5<3" }, { NULL } };

const TlOpClass tl_op_logical_or = {
  .name = "logical_or",
  .group = "logic",
  .doc = "Whether an element of the two differs from zero.",
  .formula = "y = a != 0 or b != 0",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "or (a, b)",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .onnx = { "Or", 1 },
  .torch = "torch.logical_or(x0, x1)",
};
