/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_sigmoid = {
  .name = "sigmoid",
  .group = "activation",
  .doc = "Logistic function.",
  .formula = "y = 1 / (1 + e^-x)",
  .source = "Verhulst 1845, Recherches mathematiques sur la loi d'accroissement de la population",
  .in = tl_ports_x,
  .expr = "sigmoid (x)",
  .expr_grad = "dy * (y * (1 - y))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Sigmoid", 1 },
  .torch = "torch.sigmoid(x0)",
};
