/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "bool:3,4; bool:3,4" },
  { "bool:2,3,4; bool:4" },
  { "3,4; 4" },
  { "i64:5<2; i64:5<3" },
  { NULL },
};

const TlOpClass tl_op_logical_xor = {
  .name = "logical_xor",
  .group = "logic",
  .doc = "Whether exactly one of two elements differs from zero.",
  .formula = "y = (a != 0) != (b != 0)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "(a != 0) != (b != 0)",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .onnx = { "Xor", 7 },
  .torch = "torch.logical_xor(x0, x1)",
};
