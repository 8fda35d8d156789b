/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_neg = {
  .name = "neg",
  .group = "arithmetic",
  .doc = "Negative.",
  .formula = "y = -x",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "-x",
  .samples = samples,
  .onnx = { "Neg", 1 },
  .torch = "torch.neg(x0)",
};
