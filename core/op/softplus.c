/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "beta", "sharpness of the bend", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-30, .max = HUGE_VAL },
  { "threshold", "beta x above which y is x", TL_ATTR_FLOAT, .def = { .d = 20 } },
  { NULL },
};

/**
 * tl_softplus:
 * @x: any tensor
 * @beta: sharpness of the bend, positive
 * @error: return location for an error
 *
 * Returns: (transfer full): `ln (1 + e^(beta x)) / beta`, or %NULL
 */
TlTensor *
tl_softplus (TlTensor *x,
             double    beta,
             GError  **error)
{
  const TlAttrValue values[] = { TL_FLOAT (beta), TL_FLOAT (20) };

  return tl_op_apply1 (&tl_op_softplus, &x, 1, values, error);
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "beta = 2" }, { "4,5", "threshold = 1", .low = -3, .high = 3, .kinks = "1" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_softplus = {
  .name = "softplus",
  .group = "activation",
  .doc = "A smooth rectified linear unit.",
  .formula = "y = ln (1 + e^(beta x)) / beta; x where beta x > threshold",
  .source = "Dugas et al. 2001, Incorporating second-order functional knowledge for better option pricing",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .expr = "select (x * beta > threshold, x, (max (x * beta, 0) + log1p (exp (-abs (x * beta)))) / beta)",
  .expr_grad = "select (x * beta > threshold, dy, dy * sigmoid (x * beta))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Softplus", 1 },
  .torch = "torch.nn.functional.softplus(x0, beta, threshold)",
};
