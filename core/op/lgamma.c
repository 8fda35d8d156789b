/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = 0.3, .high = 5 },
  { "2,3,4", .low = 0.3, .high = 5 },
  { "", .low = 0.3, .high = 5 },
  { "0", .low = 0.3, .high = 5 },
  { "8", .low = -3.9, .high = -3.1 },
  { NULL },
};

const TlOpClass tl_op_lgamma = {
  .name = "lgamma",
  .group = "special",
  .doc = "Logarithm of the absolute value of the gamma function.",
  .formula = "y = ln |gamma (x)|",
  .source = "Abramowitz & Stegun 1964, Handbook of Mathematical Functions, 6.1.41",
  .in = tl_ports_x,
  .expr = "lgamma (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.lgamma(x0)",
};
