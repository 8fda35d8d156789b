/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/data-sized.h"

static const TlPort ports[] = { { "x", "any tensor" }, { "mask", "bool, broadcast against x", TL_PORT_NODIFF }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint rank;

  if (self->in[1]->dtype != TL_DTYPE_BOOL)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "mask must be bool, not %s", tl_dtype_name (self->in[1]->dtype));
  if (!tl_broadcast_shapes (self->in, 2, shape, &rank)) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "shapes do not fit: %s and %s", a, b);
  }
  tl_infer_out (self, 0, self->in[0]->dtype, 1, (const TlDim[]){ tl_dim_symbol ("selected") });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *in[] = { &self->in[0]->meta, &self->in[1]->meta };
  TlDim                shape[TL_TENSOR_MAX_RANK];
  guint                rank;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) mask = NULL;
  g_autoptr (TlTensor) flat = NULL;
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (GArray)   found = NULL;

  tl_broadcast_shapes (in, 2, shape, &rank);
  x = tl_expand (self->in[0], rank, shape, error);
  mask = x != NULL ? tl_expand (self->in[1], rank, shape, error) : NULL;
  flat = mask != NULL ? tl_flatten (x, 0, error) : NULL;
  found = flat != NULL ? tl_find_true (mask, error) : NULL;
  index = found != NULL ? tl_new_indices (found, error) : NULL;
  self->dx[0] = index != NULL ? tl_gather (flat, 0, index, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; bool:3,4" }, { "2,3; bool:3" }, { "3; bool:2,1" }, { "i64:4; bool:4" }, { "0; bool:1" }, { "; bool:" }, { NULL } };

const TlOpClass tl_op_masked_select = {
  .name = "masked_select",
  .group = "index",
  .doc = "The elements where a mask is true, in row-major order. Its size depends on values, so it cannot stand in a planned step.",
  .formula = "y = x[mask]",
  .source = "elementary",
  .in = ports,
  .flags = TL_OP_DATA_SIZED,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Compress", 11 },
  .torch = "torch.masked_select(x0, x1)",
};
