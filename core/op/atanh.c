/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -0.9, .high = 0.9 },
  { "2,3,4", .low = -0.9, .high = 0.9 },
  { "", .low = -0.9, .high = 0.9 },
  { "0", .low = -0.9, .high = 0.9 },
  { NULL },
};

const TlOpClass tl_op_atanh = {
  .name = "atanh",
  .group = "trigonometry",
  .doc = "Inverse hyperbolic tangent.",
  .formula = "y = ln ((1 + x) / (1 - x)) / 2",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "atanh (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Atanh", 9 },
  .torch = "torch.atanh(x0)",
};
