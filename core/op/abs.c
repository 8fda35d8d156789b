/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4,5", .kinks = "0" }, { "", .kinks = "0" }, { "0", .kinks = "0" }, { NULL } };

const TlOpClass tl_op_abs = {
  .name = "abs",
  .group = "arithmetic",
  .doc = "Absolute value.",
  .formula = "y = |x|",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "abs (x)",
  .samples = samples,
  .onnx = { "Abs", 1 },
  .torch = "torch.abs(x0)",
};
