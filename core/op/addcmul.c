/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "what is added to" },
  { "a", "factor" },
  { "b", "factor" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "value", "factor", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4; 3,4; 3,4" },
  { "2,3,4; 4; 3,1", "value = -2" },
  { "; ; " },
  { "0,3; 3; 1" },
  { NULL },
};

const TlOpClass tl_op_addcmul = {
  .name = "addcmul",
  .group = "arithmetic",
  .doc = "Adds a product.",
  .formula = "y = x + value a b",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .expr = "x + value * a * b",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.addcmul(x0, x1, x2, value=value)",
};
