/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3,4; 4" }, { "5,1; 1,3" }, { "; 3" }, { "0,3; 3" }, { NULL } };

const TlOpClass tl_op_minimum = {
  .name = "minimum",
  .group = "arithmetic",
  .doc = "The smaller of two elements; NaN if either is. Equal elements share the gradient.",
  .formula = "y = min (a, b)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "min (a, b)",
  .samples = samples,
  .onnx = { "Min", 8 },
  .torch = "torch.minimum(x0, x1)",
};
