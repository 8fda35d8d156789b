/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[..., 3, height, width]`, floating, from 0 to 1" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "num_output_channels", "1 or more of the same", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 3 },
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
  {
    TlDim shape[TL_TENSOR_MAX_RANK];

    for (guint i = 0; i < x->rank; i++)
      shape[i] = i + 3 == x->rank ? self->attrs[0].i : x->shape[i];
    tl_infer_out (self, 0, x->dtype, x->rank, shape);
  }
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
  return tl_formula_into (&f, tl_formula_expand (&f, find_gray (&f, self->in[0]), out.rank, out.shape), &self->dx[0]);
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
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(0.2989 * x0[..., 0:1, :, :] + 0.587 * x0[..., 1:2, :, :] + 0.114 * x0[..., 2:3, :, :]).repeat_interleave(num_output_channels, -3)",
};
