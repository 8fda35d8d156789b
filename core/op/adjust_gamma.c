/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[..., channels, height, width]`, floating, from 0 to 1" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "gamma", "above 1 makes shadows darker, below 1 brighter", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { "gain", "factor", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const double numbers[] = { self->attrs[0].d, self->attrs[1].d };
  TlFormula    f;

  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_formula_numbers (&f, "min (max (c * pow (a, b), 0), 1)", self->in, 1, numbers, 2), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,2,4", "gamma = 2", 0.1, 0.9 },
  { "1,3,3", "gamma = 0.5, gain = 0.9", 0.1, 0.9 },
  { "0,3", "gamma = 1" },
  { NULL },
};

const TlOpClass tl_op_adjust_gamma = {
  .name = "adjust_gamma",
  .group = "image",
  .doc = "Pictures with brighter or darker shadows.",
  .formula = "y = min (max (gain x^gamma, 0), 1)",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .infer = tl_infer_float,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.clamp(gain * x0 ** gamma, 0, 1)",
};
