/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3,4; 4" }, { "5,1; 1,3" }, { "; 3" }, { "0,3; 3" }, { NULL } };

const TlOpClass tl_op_maximum = {
  .name = "maximum",
  .group = "arithmetic",
  .doc = "The larger of two elements; NaN if either is. Equal elements share the gradient.",
  .formula = "y = max (a, b)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "max (a, b)",
  .samples = samples,
  .onnx = { "Max", 8 },
  .torch = "torch.maximum(x0, x1)",
};
