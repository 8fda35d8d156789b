/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "alpha", "limit for negative x", TL_ATTR_FLOAT, .def = { .d = 1 } },
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

const TlOpClass tl_op_elu = {
  .name = "elu",
  .group = "activation",
  .doc = "Exponential linear unit.",
  .formula = "y = x where x > 0, else alpha (e^x - 1)",
  .source = "Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (x > 0, x, alpha * expm1 (min (x, 0)))",
  .expr_grad = "select (x > 0, dy, dy * alpha * exp (min (x, 0)))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Elu", 6 },
  .torch = "F.elu(x0, alpha)",
};
