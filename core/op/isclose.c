/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "numbers", TL_PORT_NODIFF }, { "b", "what they should be, broadcast", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "rtol", "difference allowed in proportion to b", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { "atol", "difference allowed", TL_ATTR_FLOAT, .def = { .d = 1e-8 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { "equal_nan", "whether NaN is close to NaN", TL_ATTR_BOOL },
  { NULL },
};

static const TlSample samples[] = {
  { "3,4; 3,4", "atol = 0.5" },
  { "f32:2,4; f32:4", "rtol = 0.5, equal_nan = true", .special = "nan inf -inf" },
  { "f32:4; f32:4", "", .special = "nan inf" },
  { "0; 1" },
  { NULL },
};

const TlOpClass tl_op_isclose = {
  .name = "isclose",
  .group = "comparison",
  .doc = "Whether elements differ little.",
  .formula = "|a - b| <= atol + rtol |b|, or a = b",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .expr = "or (or (a == b, and (isinf (b) == 0, abs (a - b) <= atol + rtol * abs (b))), and (equal_nan, and (a != a, b != b)))",
  .result = TL_RESULT_BOOL,
  .samples = samples,
  .torch = "torch.isclose(x0, x1.expand_as(x0) if x1.dim() < x0.dim() else x1, rtol, atol, equal_nan)",
};
