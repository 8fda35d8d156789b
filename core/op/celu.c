/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "alpha", "limit for negative x", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-30, .max = HUGE_VAL },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4", .low = -4, .high = 4, .kinks = "0" },
  { "2,3,4", .low = -4, .high = 4, .kinks = "0" },
  { "", .low = -4, .high = 4, .kinks = "0" },
  { "0", .low = -4, .high = 4, .kinks = "0" },
  { "3,4", "alpha = 0.5", .low = -4, .high = 4, .kinks = "0" },
  { NULL },
};

const TlOpClass tl_op_celu = {
  .name = "celu",
  .group = "activation",
  .doc = "Continuously differentiable exponential linear unit.",
  .formula = "y = max (0, x) + min (0, alpha (e^(x / alpha) - 1))",
  .source = "Barron 2017, arXiv:1704.07483",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (x > 0, x, alpha * expm1 (min (x, 0) / alpha))",
  .expr_grad = "select (x > 0, dy, dy * exp (min (x, 0) / alpha))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Celu", 12 },
  .torch = "F.celu(x0, alpha)",
};
