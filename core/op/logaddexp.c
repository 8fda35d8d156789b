/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .low = -3, .high = 3 },
  { "2,3,4; 4", .low = -3, .high = 3 },
  { "; 3", .low = -3, .high = 3 },
  { "0,3; 3", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_logaddexp = {
  .name = "logaddexp",
  .group = "exponential",
  .doc = "Logarithm of the sum of two exponentials.",
  .formula = "y = ln (e^a + e^b)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "select (a == b, a + 0.6931471805599453, max (a, b) + log1p (exp (-abs (a - b))))",
  .expr_grad = "dy * sigmoid (a - b); dy * sigmoid (b - a)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.logaddexp(x0, x1)",
};
