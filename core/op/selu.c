/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "0" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "0" },
  { "", .low = -4, .high = 4, .kinks = "0" },
  { "0", .low = -4, .high = 4, .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_selu = {
  .name = "selu",
  .group = "activation",
  .doc = "Scaled exponential linear unit, which keeps mean 0 and variance 1.",
  .formula = "y = 1.0507 x where x > 0, else 1.7581 (e^x - 1)",
  .source = "Klambauer et al. 2017, arXiv:1706.02515",
  .in = tl_ports_x,
  .expr = "select (x > 0, 1.0507009873554805 * x, 1.7580993408473766 * expm1 (min (x, 0)))",
  .expr_grad = "select (x > 0, 1.0507009873554805 * dy, 1.7580993408473766 * dy * exp (min (x, 0)))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Selu", 6 },
  .torch = "F.selu(x0)",
};
