/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -0.95, .high = 0.95 },
  { "2,3,4", .low = -0.95, .high = 0.95 },
  { "", .low = -0.95, .high = 0.95 },
  { "0", .low = -0.95, .high = 0.95 },
  { NULL },
};

const TlOpClass tl_op_erfinv = {
  .name = "erfinv",
  .group = "special",
  .doc = "Inverse of the error function.",
  .formula = "erf y = x",
  .source = "Winitzki 2008, A handy approximation for the error function and its inverse",
  .in = tl_ports_x,
  .precision = TL_PRECISION_WIDE,
  .expr = "erfinv (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.erfinv(x0)",
};
