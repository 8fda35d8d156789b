/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/quantize-common.h"

static const TlPort ports[] = {
  { "x", "whole numbers", TL_PORT_NODIFF },
  { "scale", "one number, or `[channels]`, floating" },
  TL_QUANTIZE_ZERO_POINT_PORT,
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_QUANTIZE_AXIS,
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[TL_QUANTIZE_X];

  if (!tl_quantize_check (self, error))
    return FALSE;
  if (tl_dtype_is_float (x->dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "x must be whole numbers, not %s", tl_dtype_name (x->dtype));
  tl_infer_out (self, 0, self->in[TL_QUANTIZE_SCALE]->dtype, x->rank, x->shape);
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
  if (tl_has_in (self, TL_QUANTIZE_ZERO_POINT))
    y = tl_formula_map (&f, "a - b", 2, y, tl_quantize_along_axis (&f, self, TL_QUANTIZE_ZERO_POINT, wide));
  return tl_formula_into (&f, tl_formula_map (&f, "a * b", 2, y, tl_quantize_along_axis (&f, self, TL_QUANTIZE_SCALE, wide)), &self->dx[0]);
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
