/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/colour-common.h"

static const TlAttrSpec attrs[] = {
  { "num_output_channels", "1 or more of the same", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 3 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_colour_infer (self, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i + 3 == x->rank ? self->attrs[0].i : x->shape[i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlMeta    out;
  TlFormula f;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_formula_expand (&f, tl_colour_gray (&f, self->in[0]), out.rank, out.shape), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,2,4", .low = 0.01, .high = 0.99 },
  { "2,3,2,2", "num_output_channels = 3" },
  { "0,3,2,2" },
  { NULL },
};

const TlOpClass tl_op_rgb_to_grayscale = {
  .name = "rgb_to_grayscale",
  .group = "image",
  .doc = "Pictures in shades of gray, with one channel or three alike.",
  .formula = "y = 0.2989 r + 0.587 g + 0.114 b",
  .source = "ITU-R BT.601",
  .in = tl_colour_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(0.2989 * x0[..., 0:1, :, :] + 0.587 * x0[..., 1:2, :, :] + 0.114 * x0[..., 2:3, :, :]).repeat_interleave(num_output_channels, -3)",
};
