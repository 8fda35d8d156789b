/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { "2,3,4,5", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { "", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { "0", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { NULL } };

const TlOpClass tl_op_ceil = {
  .name = "ceil",
  .group = "rounding",
  .doc = "The smallest whole number that is not below x.",
  .formula = "y = ceil x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "ceil (x)",
  .samples = samples,
  .onnx = { "Ceil", 1 },
  .torch = "torch.ceil(x0)",
};
