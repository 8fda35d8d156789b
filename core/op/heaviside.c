/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "a", "any tensor", TL_PORT_NODIFF },
  { "b", "result where a is 0", TL_PORT_NODIFF },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4; 3,4", .special = "0" },
  { "2,3,4; 4" },
  { "i64:5<2; i64:5" },
  { NULL },
};

const TlOpClass tl_op_heaviside = {
  .name = "heaviside",
  .group = "comparison",
  .doc = "Step function.",
  .formula = "y = 0 where a < 0, b where a = 0, 1 where a > 0",
  .source = "Heaviside 1893, Electromagnetic theory",
  .in = ports,
  .expr = "select (a == 0, b, a > 0)",
  .samples = samples,
  .torch = "torch.heaviside(x0, x1)",
};
