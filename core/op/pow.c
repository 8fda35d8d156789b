/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4; 3,4", .low = 0.3, .high = 2 }, { "2,3,4; 4", .low = 0.3, .high = 2 }, { "5,1; 1,3", .low = 0.3, .high = 2 }, { "; 3", .low = 0.3, .high = 2 }, { "0,3; 3", .low = 0.3, .high = 2 }, { NULL } };

const TlOpClass tl_op_pow = {
  .name = "pow",
  .group = "power",
  .doc = "Power.",
  .formula = "y = a^b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .precision = TL_PRECISION_WIDE,
  .expr = "pow (a, b)",
  .samples = samples,
  .onnx = { "Pow", 1 },
  .torch = "torch.pow(x0, x1)",
};
