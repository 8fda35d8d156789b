/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_erf = {
  .name = "erf",
  .group = "special",
  .doc = "Error function.",
  .formula = "y = 2 / sqrt pi * integral of e^(-t^2) from 0 to x",
  .source = "Abramowitz & Stegun 1964, 7.1.1",
  .in = tl_ports_x,
  .expr = "erf (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Erf", 9 },
  .torch = "torch.erf(x0)",
};
