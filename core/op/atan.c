/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3 },
  { "2,3,4", .low = -3, .high = 3 },
  { "", .low = -3, .high = 3 },
  { "0", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_atan = {
  .name = "atan",
  .group = "trigonometry",
  .doc = "Arc tangent.",
  .formula = "y = atan x, in radians",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "atan (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Atan", 7 },
  .torch = "torch.atan(x0)",
};
