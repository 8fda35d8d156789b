/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .low = 1.05, .high = 1.9 },
  { "2,3,4; 4", .low = -1.9, .high = -1.05 },
  { "i64:6<9; i32:6<9" },
  { "0,3; 3" },
  { NULL },
};

const TlOpClass tl_op_floor_divide = {
  .name = "floor_divide",
  .group = "arithmetic",
  .doc = "Quotient, rounded down. A whole number divided by 0 is 0.",
  .formula = "y = floor (a / b)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "select (b == 0, a / b, round ((a - mod (a, b)) / b))",
  .samples = samples,
  .torch = "torch.floor_divide(x0, x1) if x0.is_floating_point() else torch.where(x1 == 0, 0, torch.floor_divide(x0, torch.where(x1 == 0, 1, x1)))",
};
