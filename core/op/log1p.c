/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = -0.8, .high = 3 }, { "2,3,4,5", .low = -0.8, .high = 3 }, { "", .low = -0.8, .high = 3 }, { "0", .low = -0.8, .high = 3 }, { NULL } };

const TlOpClass tl_op_log1p = {
  .name = "log1p",
  .group = "power",
  .doc = "Natural logarithm of 1 + x, exact for small x.",
  .formula = "y = ln (1 + x)",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "log1p (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.log1p(x0)",
};
