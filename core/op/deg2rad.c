/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -180, .high = 180 },
  { "2,3,4", .low = -180, .high = 180 },
  { "", .low = -180, .high = 180 },
  { "0", .low = -180, .high = 180 },
  { NULL },
};

const TlOpClass tl_op_deg2rad = {
  .name = "deg2rad",
  .group = "trigonometry",
  .doc = "Degrees as radians.",
  .formula = "y = x pi / 180",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "x * 0.017453292519943295",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.deg2rad(x0)",
};
