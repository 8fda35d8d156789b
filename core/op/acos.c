/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -0.9, .high = 0.9 },
  { "2,3,4", .low = -0.9, .high = 0.9 },
  { "", .low = -0.9, .high = 0.9 },
  { "0", .low = -0.9, .high = 0.9 },
  { NULL },
};

const TlOpClass tl_op_acos = {
  .name = "acos",
  .group = "trigonometry",
  .doc = "Arc cosine.",
  .formula = "y = acos x, in radians",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "acos (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Acos", 7 },
  .torch = "torch.acos(x0)",
};
