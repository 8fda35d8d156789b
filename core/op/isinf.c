/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .special = "inf -inf nan 0" },
  { "" },
  { "0" },
  { "i64:3" },
  { NULL },
};

const TlOpClass tl_op_isinf = {
  .name = "isinf",
  .group = "comparison",
  .doc = "Whether an element is infinite.",
  .formula = "y = |x| is infinite",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "isinf (x)",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .onnx = { "IsInf", 10 },
  .torch = "torch.isinf(x0)",
};
