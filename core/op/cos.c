/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_cos = {
  .name = "cos",
  .group = "trigonometry",
  .doc = "Cosine.",
  .formula = "y = cos x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "cos (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Cos", 7 },
  .torch = "torch.cos(x0)",
};
