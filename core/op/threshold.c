/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "threshold", "up to which elements are replaced", TL_ATTR_FLOAT },
  { "value", "what replaces them", TL_ATTR_FLOAT },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "0" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "0" },
  { "", .low = -4, .high = 4, .kinks = "0" },
  { "0", .low = -4, .high = 4, .kinks = "0" },
  { "3,4", "threshold = 0.5, value = -2", .low = -4, .high = 4, .kinks = "0.5" },
  { NULL },
};

const TlOpClass tl_op_threshold = {
  .name = "threshold",
  .group = "activation",
  .doc = "Replaces elements up to a threshold.",
  .formula = "y = x where x > threshold, else value",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (x > threshold, x, value)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "F.threshold(x0, threshold, value)",
};
