/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4,5", .kinks = "0" }, { "", .kinks = "0" }, { "0", .kinks = "0" }, { NULL } };

const TlOpClass tl_op_sign = {
  .name = "sign",
  .group = "arithmetic",
  .doc = "-1, 0 or 1.",
  .formula = "y = sign x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "sign (x)",
  .samples = samples,
  .onnx = { "Sign", 9 },
  .torch = "torch.sign(x0)",
};
