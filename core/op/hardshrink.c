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

const TlOpClass tl_op_hardshrink = {
  .name = "hardshrink",
  .group = "activation",
  .doc = "Sets small elements to 0.",
  .formula = "y = x where |x| > lambd, else 0",
  .source = "Donoho & Johnstone 1994, doi:10.1093/biomet/81.3.425",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (abs (x) > lambd, x, 0)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Shrink", 9 },
  .torch = "F.hardshrink(x0, lambd)",
};
