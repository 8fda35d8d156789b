/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4 },
  { "2,3,4", .low = -4, .high = 4 },
  { "", .low = -4, .high = 4 },
  { "0", .low = -4, .high = 4 },
  { NULL },
};

const TlOpClass tl_op_logsigmoid = {
  .name = "logsigmoid",
  .group = "activation",
  .doc = "Logarithm of the sigmoid.",
  .formula = "y = -ln (1 + e^-x)",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "min (x, 0) - log1p (exp (-abs (x)))",
  .expr_grad = "dy * sigmoid (-x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "F.logsigmoid(x0)",
};
