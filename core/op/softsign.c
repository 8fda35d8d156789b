/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "0" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "0" },
  { "", .low = -4, .high = 4, .kinks = "0" },
  { "0", .low = -4, .high = 4, .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_softsign = {
  .name = "softsign",
  .group = "activation",
  .doc = "Softsign.",
  .formula = "y = x / (1 + |x|)",
  .source = "Bergstra et al. 2009, Quadratic polynomials learn better image features",
  .in = tl_ports_x,
  .expr = "x / (1 + abs (x))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Softsign", 1 },
  .torch = "F.softsign(x0)",
};
