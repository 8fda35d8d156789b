/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { "2,3,4,5", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { "", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { "0", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" }, { NULL } };

const TlOpClass tl_op_floor = {
  .name = "floor",
  .group = "rounding",
  .doc = "The largest whole number that is not above x.",
  .formula = "y = floor x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "floor (x)",
  .samples = samples,
  .onnx = { "Floor", 1 },
  .torch = "torch.floor(x0)",
};
