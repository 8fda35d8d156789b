/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[..., 3, height, width]`, floating, from 0 to 1" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "saturation_factor", "0 is shades of gray, 1 leaves the picture as it is", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { NULL },
};

/* How bright a pixel is: 0.2989 red + 0.587 green + 0.114 blue. */
static TlTensor *
find_gray (TlFormula *f,
           TlTensor  *x)
{
  return tl_formula_map (f, "0.2989 * a + 0.587 * b + 0.114 * c", 3, tl_formula_narrow (f, x, -3, 0, 1), tl_formula_narrow (f, x, -3, 1, 1), tl_formula_narrow (f, x, -3, 2, 1));
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (x->shape[x->rank - 3] != 3) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "pictures of 3 channels are wanted, x is %s", text);
  }
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor *both[2] = { self->in[0] };
  TlFormula f;

  tl_formula_init (&f, error);
  both[1] = find_gray (&f, self->in[0]);
  return tl_formula_into (&f, f.has_failed ? NULL : tl_formula_keep (&f, tl_map_numbers ("min (max (c * a + (1 - c) * b, 0), 1)", both, 2, &self->attrs[0].d, 1, error)), &self->dx[0]);
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
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.clamp(saturation_factor * x0 + (1 - saturation_factor) * (0.2989 * x0[..., 0:1, :, :] + 0.587 * x0[..., 1:2, :, :] + 0.114 * x0[..., 2:3, :, :]), 0, 1)",
};
