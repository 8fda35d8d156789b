/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_isnan = {
  .name = "isnan",
  .group = "comparison",
  .doc = "Whether an element is not a number.",
  .formula = "y = x is NaN",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "x != x",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .onnx = { "IsNaN", 9 },
  .torch = "torch.isnan(x0)",
};
