/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { DIM,
       INDEX };

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "index", "position, from the end if negative", TL_ATTR_INT, .required = TRUE },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  gint64        index = self->attrs[INDEX].i;
  guint         axis, rank = 0;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[DIM].i, x->rank, &axis, error))
    return FALSE;
  if (!tl_dim_is_symbolic (x->shape[axis]) && (index < -x->shape[axis] || index >= x->shape[axis])) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_VALUE, error, "there is no position %" G_GINT64_FORMAT " in axis %u of %s", index, axis, text);
  }
  for (guint i = 0; i < x->rank; i++)
    if (i != axis)
      shape[rank++] = x->shape[i];
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  guint                axis = tl_axis (self->attrs[DIM].i, x->rank);
  TlDim                index = self->attrs[INDEX].i;
  g_autoptr (TlTensor) one = NULL;

  if (index < 0)
    index = tl_dim_sub (x->shape[axis], -index);
  one = tl_narrow (self->in[0], (gint)axis, index, 1, error);
  self->dx[0] = one != NULL ? tl_squeeze (one, (gint)axis, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "5,4", "index = 1" }, { "2,6", "dim = 1, index = -2" }, { "4", "index = 3" }, { "0,2", "dim = 1, index = 0" }, { NULL } };

const TlOpClass tl_op_select = {
  .name = "select",
  .group = "shape",
  .doc = "One position along an axis, as a view without that axis.",
  .formula = "y = x[index] along dim",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Gather", 1 },
  .torch = "torch.select(x0, dim, index)",
};
