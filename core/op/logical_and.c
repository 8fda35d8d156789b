/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "bool:3,4; bool:3,4" }, { "bool:2,3,4; bool:4" }, { "3,4; 4" }, { "i64:5<2; i64:5<3" }, { NULL } };

const TlOpClass tl_op_logical_and = {
  .name = "logical_and",
  .group = "logic",
  .doc = "Whether both elements differ from zero.",
  .formula = "y = a != 0 and b != 0",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "and (a, b)",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .onnx = { "And", 1 },
  .torch = "torch.logical_and(x0, x1)",
};
