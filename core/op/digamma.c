/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = 0.4, .high = 5 },
  { "2,3,4", .low = 0.4, .high = 5 },
  { "", .low = 0.4, .high = 5 },
  { "0", .low = 0.4, .high = 5 },
  { "8", .low = -2.8, .high = -2.2 },
  { NULL },
};

const TlOpClass tl_op_digamma = {
  .name = "digamma",
  .group = "special",
  .doc = "Logarithmic derivative of the gamma function. Differentiable twice.",
  .formula = "y = gamma' (x) / gamma (x)",
  .source = "Abramowitz & Stegun 1964, Handbook of Mathematical Functions, 6.3.18",
  .in = tl_ports_x,
  .expr = "digamma (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.digamma(x0)",
};
