/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "x", "any tensor" }, { "mask", "bool, broadcast against x", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = { { "value", "what is filled in", TL_ATTR_FLOAT, .required = TRUE }, { NULL } };

static const TlSample samples[] = {
  { "3,4; bool:3,4", "value = 2" },
  { "2,3,4; bool:4", "value = -1" },
  { "i64:3,2; bool:2", "value = 7" },
  { "; bool:", "value = 1" },
  { "0; bool:1", "value = 1" },
  { NULL },
};

const TlOpClass tl_op_masked_fill = {
  .name = "masked_fill",
  .group = "index",
  .doc = "One number where a mask is true.",
  .formula = "y = value where mask, else x",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .expr = "select (mask, value, x)",
  .samples = samples,
  .torch = "torch.masked_fill(x0, x1, value)",
};
