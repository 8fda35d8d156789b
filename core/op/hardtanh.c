/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "min_val", "smallest result", TL_ATTR_FLOAT, .def = { .d = -1 } },
  { "max_val", "largest result", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "-1 1" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "-1 1" },
  { "", .low = -4, .high = 4, .kinks = "-1 1" },
  { "0", .low = -4, .high = 4, .kinks = "-1 1" },
  { "3,4", "min_val = -2, max_val = 0.5", .low = -4, .high = 4, .kinks = "-2 0.5" },
  { NULL },
};

const TlOpClass tl_op_hardtanh = {
  .name = "hardtanh",
  .group = "activation",
  .doc = "Limits to a range.",
  .formula = "y = min (max (x, min_val), max_val)",
  .source = "Collobert 2004, Large scale machine learning",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "min (max (x, min_val), max_val)",
  .expr_grad = "select (x > min_val, select (x < max_val, dy, 0), 0)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "F.hardtanh(x0, min_val, max_val)",
};
