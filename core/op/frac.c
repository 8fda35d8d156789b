/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "2,3,4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "0", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { NULL },
};

const TlOpClass tl_op_frac = {
  .name = "frac",
  .group = "rounding",
  .doc = "Fraction of a number, with its sign.",
  .formula = "y = x - trunc x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "x - trunc (x)",
  .samples = samples,
  .torch = "torch.frac(x0)",
};
