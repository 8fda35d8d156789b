/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[..., channels, height, width]`, floating, from 0 to 1" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "brightness_factor", "0 is black, 1 leaves the picture as it is", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlFormula f;

  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_formula_number (&f, "min (max (a * b, 0), 1)", self->in[0], self->attrs[0].d), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,2,4", "brightness_factor = 0.5", 0.01, 0.99 },
  { "1,3,3", "brightness_factor = 2", 0.01, 0.99, .kinks = "0.5" },
  { "0,3", "brightness_factor = 1" },
  { NULL },
};

const TlOpClass tl_op_adjust_brightness = {
  .name = "adjust_brightness",
  .group = "image",
  .doc = "Pictures made darker or brighter.",
  .formula = "y = min (max (x factor, 0), 1)",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .infer = tl_infer_float,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.clamp(x0 * brightness_factor, 0, 1)",
};
