/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "floating", TL_PORT_NODIFF },
  { "scale", "one number, or `[channels]`, same dtype", TL_PORT_NODIFF },
  { "zero_point", "whole number that stands for 0; 0 if not given", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlPort out_ports[] = { { "y", "whole numbers", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "axis", "channels of scale and zero_point where they have several, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "dtype", "i8 or u8", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_I8 } },
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
  TlDType       dtype = (TlDType)self->attrs[1].i;
  guint         axis;

  if (!tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 1; i < self->n_in; i++)
    if (self->in[i] != NULL && (self->in[i]->rank > 1 || (self->in[i]->rank == 1 && (x->rank == 0 || self->in[i]->shape[0] != x->shape[axis])))) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s must have one number, or one for each position of axis %u of %s", self->op->in[i].name, axis, text);
    }
  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  if (dtype != TL_DTYPE_I8 && dtype != TL_DTYPE_U8)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be i8 or u8, not %s", tl_dtype_name (dtype));
  if (tl_has_in (self, 2) && tl_dtype_is_float (self->in[2]->dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "zero_point must be whole numbers, not %s", tl_dtype_name (self->in[2]->dtype));
  tl_infer_out (self, 0, dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlDType      dtype = (TlDType)self->attrs[1].i, wide = self->in[0]->meta.dtype;
  const double limits[] = { dtype == TL_DTYPE_I8 ? -128 : 0, dtype == TL_DTYPE_I8 ? 127 : 255 };
  TlTensor    *y;
  TlFormula    f;

  tl_formula_init (&f, error);
  y = tl_formula_map (&f, "round (a / b)", 2, self->in[0], along_axis (&f, self, 1, wide));
  if (tl_has_in (self, 2))
    y = tl_formula_map (&f, "a + b", 2, y, along_axis (&f, self, 2, wide));
  y = f.has_failed ? NULL : tl_formula_keep (&f, tl_map_numbers ("min (max (select (a == a, a, 0), b), c)", &y, 1, limits, 2, error));
  if (dtype == TL_DTYPE_I8)
    y = tl_formula_cast (&f, y, TL_DTYPE_I32);
  return tl_formula_into (&f, tl_formula_cast (&f, y, dtype), &self->dx[0]);
}

static const TlSample samples[] = {
  { "f32:3,4; f32:; i64:<9", "dtype = u8" },
  { "f32:2,3; f32:3; i32:3<9", "axis = 1" },
  { "f32:5; f32:" },
  { "f32:0; f32:" },
  { NULL },
};

const TlOpClass tl_op_quantize = {
  .name = "quantize",
  .group = "quantisation",
  .doc = "Numbers as whole numbers of 8 bits: divided by a scale, rounded to even, moved and cut off; one scale for all or one for each channel.",
  .formula = "y = min (max (round (x / scale) + zero_point, lowest), highest)",
  .source = "Jacob et al. 2018, arXiv:1712.05877",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "QuantizeLinear", 13 },
  .torch = "(lambda s, z: torch.clamp(torch.round(x0 / s) + z, -128 if dtype == torch.int8 else 0, 127 if dtype == torch.int8 else 255).to(dtype))(*[t if t.ndim == 0 else t.reshape([-1 if i == axis % x0.ndim else 1 for i in range(x0.ndim)]) for t in (x1, x[2] if len(x) > 2 else torch.tensor(0))])",
};
