/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_tanh = {
  .name = "tanh",
  .group = "activation",
  .doc = "Hyperbolic tangent.",
  .formula = "y = tanh x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "tanh (x)",
  .expr_grad = "dy * (1 - y * y)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Tanh", 1 },
  .torch = "torch.tanh(x0)",
};
