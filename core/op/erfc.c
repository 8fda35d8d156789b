/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3 },
  { "2,3,4", .low = -3, .high = 3 },
  { "", .low = -3, .high = 3 },
  { "0", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_erfc = {
  .name = "erfc",
  .group = "special",
  .doc = "Complement of the error function, accurate where it is small.",
  .formula = "y = 1 - erf x",
  .source = "Abramowitz & Stegun 1964, Handbook of Mathematical Functions, 7.1.2",
  .in = tl_ports_x,
  .expr = "erfc (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.erfc(x0)",
};
