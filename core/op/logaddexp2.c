/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .low = -3, .high = 3 },
  { "2,3,4; 4", .low = -3, .high = 3 },
  { "; 3", .low = -3, .high = 3 },
  { "0,3; 3", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_logaddexp2 = {
  .name = "logaddexp2",
  .group = "exponential",
  .doc = "Logarithm to base 2 of the sum of two powers of 2.",
  .formula = "y = log2 (2^a + 2^b)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "select (a == b, a + 1, max (a, b) + log1p (exp2 (-abs (a - b))) * 1.4426950408889634)",
  .expr_grad = "dy * sigmoid ((a - b) * 0.6931471805599453); dy * sigmoid ((b - a) * 0.6931471805599453)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.logaddexp2(x0, x1)",
};
