/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/quantize-common.h"

gboolean
tl_quantize_check (TlInfer *self,
                   GError **error)
{
  const TlMeta *x = self->in[TL_QUANTIZE_X];
  guint         axis;

  if (!tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = TL_QUANTIZE_SCALE; i < self->n_in; i++)
    if (self->in[i] != NULL && (self->in[i]->rank > 1 || (self->in[i]->rank == 1 && (x->rank == 0 || self->in[i]->shape[0] != x->shape[axis])))) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s must have one number, or one for each position of axis %u of %s", self->op->in[i].name, axis, text);
    }
  if (tl_has_in (self, TL_QUANTIZE_ZERO_POINT) && tl_dtype_is_float (self->in[TL_QUANTIZE_ZERO_POINT]->dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "zero_point must be whole numbers, not %s", tl_dtype_name (self->in[TL_QUANTIZE_ZERO_POINT]->dtype));
  return tl_infer_need_float (self, TL_QUANTIZE_SCALE, error);
}

TlTensor *
tl_quantize_along_axis (TlFormula        *f,
                        const TlGradient *self,
                        guint             input,
                        TlDType           dtype)
{
  const TlMeta *x = &self->in[TL_QUANTIZE_X]->meta;
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (self->in[input]->meta.rank == 0)
    return tl_formula_cast (f, self->in[input], dtype);
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == tl_axis (self->attrs[0].i, x->rank) ? x->shape[i] : 1;
  return tl_formula_cast (f, tl_formula_reshape (f, self->in[input], x->rank, shape), dtype);
}
