/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3,4; 4" }, { "5,1; 1,3" }, { "; 3" }, { "0,3; 3" }, { NULL } };

const TlOpClass tl_op_sub = {
  .name = "sub",
  .group = "arithmetic",
  .doc = "Difference of two tensors.",
  .formula = "y = a - b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "a - b",
  .samples = samples,
  .onnx = { "Sub", 1 },
  .torch = "x0 - x1",
};
