/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_exp = {
  .name = "exp",
  .group = "power",
  .doc = "Exponential function.",
  .formula = "y = e^x",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "exp (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Exp", 1 },
  .torch = "torch.exp(x0)",
};
