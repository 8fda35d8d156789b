/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "whole numbers", TL_PORT_NODIFF },
  { "scale", "one number, or `[channels]`, floating" },
  { "zero_point", "whole number that stands for 0; 0 if not given", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "axis", "channels of scale and zero_point where they have several, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

/* A number for each channel, or one for all, against the axes of x. */
static TlTensor *
along_axis (TlFormula        *f,
            const TlGradient *self,
            guint             input,
            TlDType           dtype)
{
  const TlMeta *x = &self->in[0]->meta;
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (self->in[input]->meta.rank == 0)
    return tl_formula_cast (f, self->in[input], dtype);
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == tl_axis (self->attrs[0].i, x->rank) ? x->shape[i] : 1;
  return tl_formula_cast (f, tl_formula_reshape (f, self->in[input], x->rank, shape), dtype);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  guint         axis;

  if (!tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 1; i < self->n_in; i++)
    if (self->in[i] != NULL && (self->in[i]->rank > 1 || (self->in[i]->rank == 1 && (x->rank == 0 || self->in[i]->shape[0] != x->shape[axis])))) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s must have one number, or one for each position of axis %u of %s", self->op->in[i].name, axis, text);
    }
  if (tl_dtype_is_float (x->dtype) || !tl_infer_need_float (self, 1, error))
    return tl_dtype_is_float (x->dtype) ? tl_infer_fail (self, TL_ERROR_DTYPE, error, "x must be whole numbers, not %s", tl_dtype_name (x->dtype)) : FALSE;
  tl_infer_out (self, 0, self->in[1]->dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlDType   wide = self->in[1]->meta.dtype;
  TlTensor *y;
  TlFormula f;

  tl_formula_init (&f, error);
  y = tl_formula_cast (&f, self->in[0], wide);
  if (tl_has_in (self, 2))
    y = tl_formula_map (&f, "a - b", 2, y, along_axis (&f, self, 2, wide));
  return tl_formula_into (&f, tl_formula_map (&f, "a * b", 2, y, along_axis (&f, self, 1, wide)), &self->dx[0]);
}

static const TlSample samples[] = {
  { "u8:3,4; ; i64:<9" },
  { "i8:2,3; 3; i32:3<9", "axis = 1" },
  { "i8:5; " },
  { "u8:0; " },
  { NULL },
};

const TlOpClass tl_op_dequantize = {
  .name = "dequantize",
  .group = "quantisation",
  .doc = "What whole numbers of few bits stand for.",
  .formula = "y = (x - zero_point) scale",
  .source = "Jacob et al. 2018, arXiv:1712.05877",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "DequantizeLinear", 13 },
  .torch = "(lambda s, z: (x0.to(s.dtype) - z) * s)(*[t if t.ndim == 0 else t.reshape([-1 if i == axis % x0.ndim else 1 for i in range(x0.ndim)]) for t in (x1, x[2] if len(x) > 2 else torch.tensor(0))])",
};
