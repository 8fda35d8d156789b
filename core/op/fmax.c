/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4" },
  { "f32:2,4; f32:4", .special = "nan 1" },
  { "0,3; 3" },
  { NULL },
};

const TlOpClass tl_op_fmax = {
  .name = "fmax",
  .group = "arithmetic",
  .doc = "Larger of two elements; a number rather than NaN.",
  .formula = "y = max (a, b)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "select (a != a, b, select (b != b, a, max (a, b)))",
  .samples = samples,
  .torch = "torch.fmax(x0, x1)",
};
