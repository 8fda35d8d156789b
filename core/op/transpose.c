/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dim0", "an axis, from the end if negative", TL_ATTR_INT, .def = { .i = -2 }, .has_range = TRUE, .min = -8, .max = 7 },
  { "dim1", "another", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         a, b;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[0].i, x->rank, &a, error) || !tl_infer_axis (self, self->attrs[1].i, x->rank, &b, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[i == a ? b : i == b ? a
                                            : i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_transpose (self->in[0], (gint)self->attrs[0].i, (gint)self->attrs[1].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "dim0 = 0, dim1 = -1" }, { "3", "dim0 = 0, dim1 = 0" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_transpose = {
  .name = "transpose",
  .group = "shape",
  .doc = "Two axes exchanged.",
  .formula = "y[..., j, i] = x[..., i, j]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Transpose", 1 },
  .torch = "torch.transpose(x0, dim0, dim1)",
};
