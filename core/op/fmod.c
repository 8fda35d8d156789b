/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .low = 1.05, .high = 1.9 },
  { "2,3,4; 4", .low = 1.05, .high = 1.9 },
  { "i64:6<9; i32:1" },
  { "0,3; 3" },
  { NULL },
};

const TlOpClass tl_op_fmod = {
  .name = "fmod",
  .group = "arithmetic",
  .doc = "Remainder of the division, of the sign of the first operand. A whole number fmod 0 is 0.",
  .formula = "y = a - trunc (a / b) b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "fmod (a, b)",
  .samples = samples,
  .onnx = { "Mod", 10 },
  .torch = "torch.fmod(x0, x1) if x0.is_floating_point() else torch.where(x1 == 0, 0, torch.fmod(x0, torch.where(x1 == 0, 1, x1)))",
};
