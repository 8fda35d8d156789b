/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4 },
  { "2,3,4", .low = -4, .high = 4 },
  { "", .low = -4, .high = 4 },
  { "0", .low = -4, .high = 4 },
  { NULL },
};

const TlOpClass tl_op_tanhshrink = {
  .name = "tanhshrink",
  .group = "activation",
  .doc = "Difference to the hyperbolic tangent.",
  .formula = "y = x - tanh x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "x - tanh (x)",
  .expr_grad = "dy * square (tanh (x))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "F.tanhshrink(x0)",
};
