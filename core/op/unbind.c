/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/split-common.h"

static const TlAttrSpec attrs[] = { TL_SPLIT_DIM, { NULL } };

static gboolean
count (TlInfer *self,
       GError **error)
{
  TlDim size;

  return tl_split_get_size (self, self->attrs[0].i, &size, error) && tl_split_set_n (self, size, error);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  guint         axis = tl_axis (self->attrs[0].i, x->rank), rank = 0;
  TlDim         shape[TL_TENSOR_MAX_RANK];

  for (guint i = 0; i < x->rank; i++)
    if (i != axis)
      shape[rank++] = x->shape[i];
  for (guint i = 0; i < self->n_out; i++)
    tl_infer_out (self, i, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  for (guint i = 0; i < self->n_out; i++) {
    const TlAttrValue values[] = { self->attrs[0], TL_INT (i) };

    self->dx[i] = tl_op_apply1 (&tl_op_select, &self->in[0], 1, values, error);
    if (self->dx[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,2", "dim = 1" }, { "2,3", "dim = -1" }, { "2,0" }, { "1" }, { NULL } };

const TlOpClass tl_op_unbind = {
  .name = "unbind",
  .group = "shape",
  .doc = "Each position along an axis as a view without that axis.",
  .formula = "y_k = x[k] along dim",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_split_out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .count = count,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.unbind(x0, dim)",
};
