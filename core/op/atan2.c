/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4; 3,4", .kinks = "0" },
  { "2,3,4; 4", .kinks = "0" },
  { "; 3", .kinks = "0" },
  { "0,3; 3", .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_atan2 = {
  .name = "atan2",
  .group = "trigonometry",
  .doc = "Angle of the point (b, a), in all four quadrants.",
  .formula = "y = atan (a / b), in radians from -pi to pi",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "atan2 (a, b)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.atan2(x0, x1)",
};
