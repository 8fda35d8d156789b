/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "eps", "limits x; no limit if negative", TL_ATTR_FLOAT, .def = { .d = -1 }, .has_range = TRUE, .min = -1, .max = 0.5 },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4", .low = 0.1, .high = 0.9 },
  { "2,3,4", .low = 0.1, .high = 0.9 },
  { "", .low = 0.1, .high = 0.9 },
  { "0", .low = 0.1, .high = 0.9 },
  { "3,4", "eps = 0.3", .low = 0.02, .high = 0.98, .kinks = "0.3 0.7" },
  { NULL },
};

const TlOpClass tl_op_logit = {
  .name = "logit",
  .group = "activation",
  .doc = "Inverse of the sigmoid.",
  .formula = "y = ln (x / (1 - x)), x first limited to [eps, 1 - eps]",
  .source = "Berkson 1944, doi:10.1080/01621459.1944.10500699",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (eps < 0, log (x / (1 - x)), log (min (max (x, eps), 1 - eps) / (1 - min (max (x, eps), 1 - eps))))",
  .expr_grad = "select (eps < 0, dy / (x * (1 - x)), select (x >= eps, select (x <= 1 - eps, dy / (x * (1 - x)), 0), 0))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.logit(x0, None if eps < 0 else eps)",
};
