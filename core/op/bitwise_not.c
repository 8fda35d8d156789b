/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (tl_dtype_is_float (self->in[0]->dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "x must be bool or of whole numbers, not %s", tl_dtype_name (self->in[0]->dtype));
  return tl_infer_same (self, error);
}

/* A bool is computed as a byte, of which only one bit counts. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  if (self->in[0]->meta.dtype == TL_DTYPE_BOOL)
    self->dx[0] = tl_logical_not (self->in[0], error);
  else
    self->dx[0] = tl_map_text ("bitnot (a)", error, 1, self->in[0]);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "i64:3,4" }, { "i32:2,3,4" }, { "u8:5<200" }, { "bool:4" }, { "i64:" }, { "i64:0" }, { NULL } };

const TlOpClass tl_op_bitwise_not = {
  .name = "bitwise_not",
  .group = "bits",
  .doc = "All bits of a whole number changed; of a bool, its contrary.",
  .formula = "y = -x - 1",
  .source = "elementary",
  .in = tl_ports_x,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "BitwiseNot", 18 },
  .torch = "torch.bitwise_not(x0)",
};
