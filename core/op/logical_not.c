/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_logical_not = {
  .name = "logical_not",
  .group = "logic",
  .doc = "Whether an element is zero.",
  .formula = "y = x == 0",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "not (x)",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .onnx = { "Not", 1 },
  .torch = "torch.logical_not(x0)",
};
