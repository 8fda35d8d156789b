/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .special = "inf -inf nan 0" },
  { "" },
  { "0" },
  { "i64:3" },
  { NULL },
};

const TlOpClass tl_op_isfinite = {
  .name = "isfinite",
  .group = "comparison",
  .doc = "Whether an element is neither infinite nor NaN.",
  .formula = "y = x is a finite number",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "x - x == 0",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .torch = "torch.isfinite(x0)",
};
