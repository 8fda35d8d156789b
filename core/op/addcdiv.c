/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "what is added to" },
  { "a", "dividend" },
  { "b", "divisor" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "value", "factor", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4; 3,4; 3,4", .low = 0.5, .high = 2 },
  { "2,3,4; 4; 3,1", "value = -2", .low = 0.5, .high = 2 },
  { "; ; ", .low = 0.5, .high = 2 },
  { "0,3; 3; 1", .low = 0.5, .high = 2 },
  { NULL },
};

const TlOpClass tl_op_addcdiv = {
  .name = "addcdiv",
  .group = "arithmetic",
  .doc = "Adds a quotient.",
  .formula = "y = x + value a / b",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .expr = "x + value * (a / b)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.addcdiv(x0, x1, x2, value=value)",
};
