/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = { { "dtype", "element type of the result", TL_ATTR_DTYPE, .required = TRUE }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  tl_infer_out_like (self, 0, (TlDType)self->attrs[0].i, 0);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_cast (self->in[0], (TlDType)self->attrs[0].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "f64:3,4", "dtype = f32" }, { "3,4", "dtype = f64" }, { "i64:3<9", "dtype = f32" }, { "3", "dtype = bool" }, { "0", "dtype = i32" }, { NULL } };

const TlOpClass tl_op_to = {
  .name = "to",
  .group = "creation",
  .doc = "Conversion into another element type.",
  .formula = "y = x; towards zero and saturating into whole numbers",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Cast", 1 },
  .torch = "x0.to(dtype)",
};
