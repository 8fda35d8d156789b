/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4,5", .kinks = "0" }, { "1", .kinks = "0" }, { "0" }, { NULL } };

const TlOpClass tl_op_relu = {
  .name = "relu",
  .group = "activation",
  .doc = "Rectified linear unit.",
  .formula = "y = max (x, 0)",
  .source = "Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
  .in = tl_ports_x,
  .expr = "max (x, 0)",
  .expr_grad = "select (y > 0, dy, 0)",
  .samples = samples,
  .onnx = { "Relu", 1 },
  .torch = "torch.relu(x0)",
};
