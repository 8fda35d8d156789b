/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "negative_slope", "slope for negative x", TL_ATTR_FLOAT, .def = { .d = 0.01 } },
  { NULL },
};

/**
 * tl_leaky_relu:
 * @x: any tensor
 * @negative_slope: slope for negative @x
 * @error: return location for an error
 *
 * Returns: (transfer full): `x` where it is positive, else `negative_slope x`, or %NULL
 */
TlTensor *
tl_leaky_relu (TlTensor *x,
               double    negative_slope,
               GError  **error)
{
  const TlAttrValue values[] = { TL_FLOAT (negative_slope) };

  return tl_op_apply1 (&tl_op_leaky_relu, &x, 1, values, error);
}

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4", "negative_slope = 0.2", .kinks = "0" }, { "", .kinks = "0" }, { "0" }, { NULL } };

const TlOpClass tl_op_leaky_relu = {
  .name = "leaky_relu",
  .group = "activation",
  .doc = "Rectified linear unit with a small slope for negative x.",
  .formula = "y = x where x > 0, else negative_slope x",
  .source = "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (x > 0, x, x * negative_slope)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "LeakyRelu", 1 },
  .torch = "torch.nn.functional.leaky_relu(x0, negative_slope)",
};
