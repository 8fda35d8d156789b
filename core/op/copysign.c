/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .kinks = "0" },
  { "2,3,4; 4", .kinks = "0" },
  { "; 3", .kinks = "0" },
  { "0,3; 3", .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_copysign = {
  .name = "copysign",
  .group = "arithmetic",
  .doc = "Magnitude of one tensor with the sign of another.",
  .formula = "y = |a| sign b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "copysign (a, b)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.copysign(x0, x1)",
};
