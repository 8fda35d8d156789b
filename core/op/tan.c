/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4" },
  { "2,3,4" },
  { "" },
  { "0" },
  { NULL },
};

const TlOpClass tl_op_tan = {
  .name = "tan",
  .group = "trigonometry",
  .doc = "Tangent.",
  .formula = "y = tan x",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "tan (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Tan", 7 },
  .torch = "torch.tan(x0)",
};
