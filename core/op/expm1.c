/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_expm1 = {
  .name = "expm1",
  .group = "power",
  .doc = "Exponential function minus 1, exact for small x.",
  .formula = "y = e^x - 1",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "expm1 (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.expm1(x0)",
};
