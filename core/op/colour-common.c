/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/colour-common.h"

const TlPort tl_colour_ports[] = {
  { "x", "pictures `[..., 3, height, width]`, floating, from 0 to 1" },
  { NULL },
};

gboolean
tl_colour_infer (TlInfer *self,
                 GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (x->shape[x->rank - 3] != 3) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "pictures of 3 channels are wanted, x is %s", text);
  }
  return tl_infer_same (self, error);
}

TlTensor *
tl_colour_gray (TlFormula *f,
                TlTensor  *x)
{
  TlTensor *colours[3];

  for (guint i = 0; i < 3; i++)
    colours[i] = tl_formula_narrow (f, x, -3, i, 1);
  return tl_formula_map (f, "0.2989 * a + 0.587 * b + 0.114 * c", 3, colours[0], colours[1], colours[2]);
}

gboolean
tl_colour_blend (TlGradient *self,
                 TlFormula  *f,
                 TlTensor   *other,
                 double      factor)
{
  TlTensor *both[] = { self->in[0], other };

  return tl_formula_into (f, tl_formula_numbers (f, "min (max (c * a + (1 - c) * b, 0), 1)", both, 2, &factor, 1), &self->dx[0]);
}
