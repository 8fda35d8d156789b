/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dims", "how often the last axes are repeated", TL_ATTR_INTS, .required = TRUE, .alias = "reps" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         n = (guint)self->attrs[0].n, rank = MAX (n, x->rank);

  for (guint i = 0; i < rank; i++) {
    TlDim size = i + x->rank < rank ? 1 : x->shape[i + x->rank - rank];
    TlDim times = i + n < rank ? 1 : self->attrs[0].v[i + n - rank];

    shape[i] = tl_dim_mul (size, times);
  }
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_repeat (self->in[0], (guint)self->attrs[0].n, self->attrs[0].v, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3", "dims = {2}" },
  { "2,3", "dims = {2, 1}" },
  { "2,3", "dims = {2, 1, 3}" },
  { "2,3", "dims = {2}" },
  { "", "dims = {3}" },
  { "2", "dims = {0}" },
  { NULL },
};

const TlOpClass tl_op_tile = {
  .name = "tile",
  .group = "shape",
  .doc = "The tensor many times over along its last axes.",
  .formula = "y[i] = x[i mod n] along each axis",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Tile", 6 },
  .torch = "torch.tile(x0, tuple(dims))",
};
