/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/colour-common.h"

static const TlAttrSpec attrs[] = {
  { "saturation_factor", "0 is shades of gray, 1 leaves the picture as it is", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlFormula f;

  tl_formula_init (&f, error);
  return tl_colour_blend (self, &f, tl_colour_gray (&f, self->in[0]), self->attrs[0].d);
}

static const TlSample samples[] = {
  { "3,2,4", "saturation_factor = 0.5", 0.01, 0.99 },
  { "2,3,2,3", "saturation_factor = 1.5", 0.35, 0.6 },
  { NULL },
};

const TlOpClass tl_op_adjust_saturation = {
  .name = "adjust_saturation",
  .group = "image",
  .doc = "Pictures with paler or stronger colours.",
  .formula = "y = min (max (f x + (1 - f) gray, 0), 1)",
  .source = "ITU-R BT.601",
  .in = tl_colour_ports,
  .attrs = attrs,
  .infer = tl_colour_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.clamp(saturation_factor * x0 + (1 - saturation_factor) * (0.2989 * x0[..., 0:1, :, :] + 0.587 * x0[..., 1:2, :, :] + 0.114 * x0[..., 2:3, :, :]), 0, 1)",
};
