/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/quantize-common.h"

static const TlPort ports[] = {
  { "x", "floating", TL_PORT_NODIFF },
  { "scale", "one number, or `[channels]`, same dtype", TL_PORT_NODIFF },
  TL_QUANTIZE_ZERO_POINT_PORT,
  { NULL },
};

static const TlPort out_ports[] = { { "y", "whole numbers", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  TL_QUANTIZE_AXIS,
  { "dtype", "i8 or u8", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_I8 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[TL_QUANTIZE_X];
  TlDType       dtype = (TlDType)self->attrs[1].i;

  if (!tl_quantize_check (self, error) || !tl_infer_need_same_dtype (self, TL_QUANTIZE_SCALE, TL_QUANTIZE_X, error))
    return FALSE;
  if (dtype != TL_DTYPE_I8 && dtype != TL_DTYPE_U8)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be i8 or u8, not %s", tl_dtype_name (dtype));
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
  y = tl_formula_map (&f, "round (a / b)", 2, self->in[0], tl_quantize_along_axis (&f, self, TL_QUANTIZE_SCALE, wide));
  if (tl_has_in (self, TL_QUANTIZE_ZERO_POINT))
    y = tl_formula_map (&f, "a + b", 2, y, tl_quantize_along_axis (&f, self, TL_QUANTIZE_ZERO_POINT, wide));
  y = tl_formula_numbers (&f, "min (max (select (a == a, a, 0), b), c)", &y, 1, limits, 2);
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
