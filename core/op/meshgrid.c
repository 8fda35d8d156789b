/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "tensors", "tensors of one axis, or none", TL_PORT_VARIADIC }, { NULL } };
static const TlPort out_ports[] = { { "grids", "coordinates of each point along each tensor", TL_PORT_VARIADIC }, { NULL } };

static const char *const orders[] = { "ij", "xy", NULL };

static const TlAttrSpec attrs[] = {
  { "indexing", "ij: the first tensor goes along the first axis; xy: along the second", TL_ATTR_ENUM, .names = orders },
  { NULL },
};

/* The axis of the grid along which tensor @i goes. */
static guint
grid_axis (const TlAttrValue *values,
           guint              n,
           guint              i)
{
  return values[0].i == 1 && n > 1 && i < 2 ? 1 - i : i;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];

  if (self->n_in == 0 || self->n_in > TL_TENSOR_MAX_RANK)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%u tensors given, 1 to %d wanted", self->n_in, TL_TENSOR_MAX_RANK);
  for (guint i = 0; i < self->n_in; i++) {
    if (!tl_infer_need_rank (self, i, 0, 1, error))
      return FALSE;
    shape[grid_axis (self->attrs, self->n_in, i)] = self->in[i]->rank == 0 ? 1 : self->in[i]->shape[0];
  }
  for (guint i = 0; i < self->n_in; i++)
    tl_infer_out (self, i, self->in[i]->dtype, self->n_in, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];

  for (guint i = 0; i < self->n_in; i++)
    shape[grid_axis (self->attrs, self->n_in, i)] = self->in[i]->meta.rank == 0 ? 1 : self->in[i]->meta.shape[0];
  for (guint i = 0; i < self->n_in; i++) {
    TlDim                along[TL_TENSOR_MAX_RANK];
    guint                axis = grid_axis (self->attrs, self->n_in, i);
    g_autoptr (TlTensor) line = NULL;

    for (guint j = 0; j < self->n_in; j++)
      along[j] = j == axis ? shape[j] : 1;
    line = tl_reshape (self->in[i], self->n_in, along, error);
    self->dx[i] = line != NULL ? tl_expand (line, self->n_in, shape, error) : NULL;
    if (self->dx[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static const TlSample samples[] = { { "3; 4" }, { "3; 4; 2", "indexing = xy" }, { "2" }, { "0; 2" }, { NULL } };

const TlOpClass tl_op_meshgrid = {
  .name = "meshgrid",
  .group = "shape",
  .doc = "Coordinates of the points of a grid, one result for each axis.",
  .formula = "y_k[i_1, ..., i_n] = x_k[i_k]",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.meshgrid(*x, indexing=indexing)",
};
