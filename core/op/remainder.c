/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .low = 1.05, .high = 1.9 },
  { "2,3,4; 4", .low = -1.9, .high = -1.05 },
  { "i64:6<9; i64:1" },
  { "0,3; 3" },
  { NULL },
};

const TlOpClass tl_op_remainder = {
  .name = "remainder",
  .group = "arithmetic",
  .doc = "Remainder of the division, of the sign of the second operand. A whole number modulo 0 is 0.",
  .formula = "y = a - floor (a / b) b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "mod (a, b)",
  .samples = samples,
  .torch = "torch.remainder(x0, x1) if x0.is_floating_point() else torch.where(x1 == 0, 0, torch.remainder(x0, torch.where(x1 == 0, 1, x1)))",
};
