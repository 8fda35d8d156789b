/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -2, .high = 2 },
  { "2,3,4", .low = -2, .high = 2 },
  { "", .low = -2, .high = 2 },
  { "0", .low = -2, .high = 2 },
  { NULL },
};

const TlOpClass tl_op_cosh = {
  .name = "cosh",
  .group = "trigonometry",
  .doc = "Hyperbolic cosine.",
  .formula = "y = (e^x + e^-x) / 2",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "cosh (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Cosh", 9 },
  .torch = "torch.cosh(x0)",
};
