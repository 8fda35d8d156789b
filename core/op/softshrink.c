/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "lambd", "half width of the range that becomes 0", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .min = 0, .max = HUGE_VAL },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "-0.5 0.5" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "-0.5 0.5" },
  { "", .low = -4, .high = 4, .kinks = "-0.5 0.5" },
  { "0", .low = -4, .high = 4, .kinks = "-0.5 0.5" },
  { "3,4", "lambd = 1.5", .low = -4, .high = 4, .kinks = "-1.5 1.5" },
  { NULL },
};

const TlOpClass tl_op_softshrink = {
  .name = "softshrink",
  .group = "activation",
  .doc = "Moves elements towards 0.",
  .formula = "y = sign x max (|x| - lambd, 0)",
  .source = "Donoho 1995, doi:10.1109/18.382009",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (x > lambd, x - lambd, select (x < -lambd, x + lambd, 0))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Shrink", 9 },
  .torch = "F.softshrink(x0, lambd)",
};
