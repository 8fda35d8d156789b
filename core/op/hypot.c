/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .kinks = "0" },
  { "2,3,4; 4", .kinks = "0" },
  { "; 3", .kinks = "0" },
  { "0,3; 3", .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_hypot = {
  .name = "hypot",
  .group = "arithmetic",
  .doc = "Length of the hypotenuse, without overflow on the way.",
  .formula = "y = sqrt (a^2 + b^2)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "hypot (a, b)",
  .samples = samples,
  .torch = "torch.hypot(x0, x1)",
};
