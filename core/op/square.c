/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_square = {
  .name = "square",
  .group = "power",
  .doc = "Square.",
  .formula = "y = x^2",
  .source = "elementary",
  .in = tl_ports_x,
  .expr = "square (x)",
  .samples = samples,
  .torch = "torch.square(x0)",
};
