/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_sin = {
  .name = "sin",
  .group = "trigonometry",
  .doc = "Sine.",
  .formula = "y = sin x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "sin (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Sin", 7 },
  .torch = "torch.sin(x0)",
};
