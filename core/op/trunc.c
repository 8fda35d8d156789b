/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "2,3,4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "0", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { "i64:4", .low = -3, .high = 3, .kinks = "-3 -2 -1 0 1 2 3" },
  { NULL },
};

const TlOpClass tl_op_trunc = {
  .name = "trunc",
  .group = "rounding",
  .doc = "Rounds towards zero.",
  .formula = "y = x without its fraction",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "trunc (x)",
  .samples = samples,
  .torch = "torch.trunc(x0)",
};
