/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3,4; 4" }, { "5,1; 1,3" }, { "; 3" }, { "0,3; 3" }, { NULL } };

const TlOpClass tl_op_ne = {
  .name = "ne",
  .group = "comparison",
  .doc = "Whether a differs from b.",
  .formula = "y = a != b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "a != b",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .torch = "torch.ne(x0, x1)",
};
