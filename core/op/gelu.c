/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const char *const approximations[] = { "none", "tanh", NULL };

static const TlAttrSpec attrs[] = {
  { "approximate", "none for the error function, tanh for an approximation by it", TL_ATTR_ENUM, .names = approximations },
  { NULL },
};

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "3,4", "approximate = tanh" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_gelu = {
  .name = "gelu",
  .group = "activation",
  .doc = "Gaussian error linear unit.",
  .formula = "y = x/2 (1 + erf (x / sqrt 2))",
  .source = "Hendrycks & Gimpel 2016, arXiv:1606.08415",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "select (approximate == 0, 0.5 * x * (1 + erf (x * 0.7071067811865476)), "
          "0.5 * x * (1 + tanh (0.7978845608028654 * (x + 0.044715 * x * x * x))))",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .onnx = { "Gelu", 20 },
  .torch = "torch.nn.functional.gelu(x0, approximate=approximate)",
};
