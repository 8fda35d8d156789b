/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3 },
  { "2,3,4", .low = -3, .high = 3 },
  { "", .low = -3, .high = 3 },
  { "0", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_exp2 = {
  .name = "exp2",
  .group = "exponential",
  .doc = "Power of two.",
  .formula = "y = 2^x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "exp2 (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.exp2(x0)",
};
