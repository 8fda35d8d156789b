/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .low = 0.2, .high = 3 },
  { "2,3,4; 4", .low = 0.2, .high = 3 },
  { "; 3", .low = 0.2, .high = 3 },
  { "0,3; 3", .low = 0.2, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_xlogy = {
  .name = "xlogy",
  .group = "special",
  .doc = "Product with a logarithm; 0 where the first factor is.",
  .formula = "y = a ln b, 0 where a = 0",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "select (a == 0, 0, a * log (select (a == 0, 1, b)))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.xlogy(x0, x1)",
};
