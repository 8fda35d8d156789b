/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = 0.1, .high = 4 },
  { "2,3,4", .low = 0.1, .high = 4 },
  { "", .low = 0.1, .high = 4 },
  { "0", .low = 0.1, .high = 4 },
  { NULL },
};

const TlOpClass tl_op_log2 = {
  .name = "log2",
  .group = "exponential",
  .doc = "Logarithm to base 2.",
  .formula = "y = log2 x",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "log2 (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.log2(x0)",
};
