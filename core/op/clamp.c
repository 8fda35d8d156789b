/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "min", "smallest result", TL_ATTR_FLOAT, .def = { .d = -HUGE_VAL } },
  { "max", "largest result", TL_ATTR_FLOAT, .def = { .d = HUGE_VAL } },
  { NULL },
};

/**
 * tl_clamp:
 * @x: any tensor
 * @min: smallest result
 * @max: largest result
 * @error: return location for an error
 *
 * Returns: (transfer full): @x limited to [@min, @max], or %NULL
 */
TlTensor *
tl_clamp (TlTensor *x,
          double    min,
          double    max,
          GError  **error)
{
  const TlAttrValue values[] = { TL_FLOAT (min), TL_FLOAT (max) };

  return tl_op_apply1 (&tl_op_clamp, &x, 1, values, error);
}

static const TlSample samples[] = {
  { "3,4", "min = -0.5, max = 0.5", .kinks = "-0.5 0.5" },
  { "2,3,4", "min = 0", .kinks = "0" },
  { "", "max = 0.2", .kinks = "0.2" },
  { "0", "min = 0" },
  { NULL },
};

const TlOpClass tl_op_clamp = {
  .name = "clamp",
  .group = "arithmetic",
  .doc = "Limits elements to a range.",
  .formula = "y = min (max (x, min), max)",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "min (max (x, min), max)",
  .expr_grad = "select (x >= min, select (x <= max, dy, 0), 0)",
  .samples = samples,
  .onnx = { "Clip", 6 },
  .torch = "torch.clamp(x0, min, max)",
};
