/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3 },
  { "2,3,4", .low = -3, .high = 3 },
  { "", .low = -3, .high = 3 },
  { "0", .low = -3, .high = 3 },
  { NULL },
};

const TlOpClass tl_op_rad2deg = {
  .name = "rad2deg",
  .group = "trigonometry",
  .doc = "Radians as degrees.",
  .formula = "y = x 180 / pi",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "x * 57.29577951308232",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.rad2deg(x0)",
};
