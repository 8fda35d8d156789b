/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 3, .kinks = "0" },
  { "2,3,4", .low = -3, .high = 3, .kinks = "0" },
  { "", .low = -3, .high = 3, .kinks = "0" },
  { "0", .low = -3, .high = 3, .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_sinc = {
  .name = "sinc",
  .group = "trigonometry",
  .doc = "Normalised cardinal sine.",
  .formula = "y = sin (pi x) / (pi x), 1 at 0",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "select (x == 0, 1, sin (3.141592653589793 * x) / (3.141592653589793 * select (x == 0, 1, x)))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.sinc(x0)",
};
