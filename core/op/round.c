/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = -3, .high = 3, .kinks = "-2.5 -1.5 -0.5 0.5 1.5 2.5" }, { "2,3,4,5", .low = -3, .high = 3, .kinks = "-2.5 -1.5 -0.5 0.5 1.5 2.5" }, { "", .low = -3, .high = 3, .kinks = "-2.5 -1.5 -0.5 0.5 1.5 2.5" }, { "0", .low = -3, .high = 3, .kinks = "-2.5 -1.5 -0.5 0.5 1.5 2.5" }, { NULL } };

const TlOpClass tl_op_round = {
  .name = "round",
  .group = "rounding",
  .doc = "The nearest whole number, the even one of two.",
  .formula = "y = round x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "round (x)",
  .samples = samples,
  .onnx = { "Round", 11 },
  .torch = "torch.round(x0)",
};
