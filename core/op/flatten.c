/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "start_dim", "first axis that is put together, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "end_dim", "last axis that is put together", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK] = { 1 };
  guint         first, last, rank = 0;

  if (!tl_infer_axis (self, self->attrs[0].i, x->rank, &first, error) ||
      !tl_infer_axis (self, self->attrs[1].i, x->rank, &last, error))
    return FALSE;
  if (first > last)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %u stands behind axis %u", first, last);
  for (guint i = 0; i < x->rank; i++)
    if (i > first && i <= last)
      shape[rank - 1] = tl_dim_mul (shape[rank - 1], x->shape[i]);
    else
      shape[rank++] = x->shape[i];
  tl_infer_out (self, 0, x->dtype, MAX (rank, 1), shape);
  return TRUE;
}

static const TlSample samples[] = {
  { "2,3,4" },
  { "2,3,4", "start_dim = 1" },
  { "2,3,4,5", "start_dim = -3, end_dim = 2" },
  { "" },
  { "0,3", "start_dim = 1" },
  { NULL },
};

const TlOpClass tl_op_flatten = {
  .name = "flatten",
  .group = "shape",
  .doc = "Neighbouring axes put together.",
  .formula = "elements keep their row-major order",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = tl_decompose_reshape,
  .samples = samples,
  .onnx = { "Flatten", 1 },
  .torch = "torch.flatten(x0, start_dim, end_dim)",
};
