/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dim", "where the new axis stands in the result, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis;

  if (!tl_infer_need_rank (self, 0, 0, TL_TENSOR_MAX_RANK - 1, error) ||
      !tl_infer_axis (self, self->attrs[0].i, x->rank + 1, &axis, error))
    return FALSE;
  for (guint i = 0; i <= x->rank; i++)
    shape[i] = i < axis ? x->shape[i] : i == axis ? 1
                                                  : x->shape[i - 1];
  tl_infer_out (self, 0, x->dtype, x->rank + 1, shape);
  return TRUE;
}

static const TlSample samples[] = { { "3,4", "dim = 0" }, { "2,3", "dim = -1" }, { "2,3", "dim = 1" }, { "", "dim = 0" }, { "0", "dim = 1" }, { NULL } };

const TlOpClass tl_op_unsqueeze = {
  .name = "unsqueeze",
  .group = "shape",
  .doc = "With one more axis, of size 1.",
  .formula = "y[i, 0, j] = x[i, j]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = tl_decompose_reshape,
  .samples = samples,
  .onnx = { "Unsqueeze", 13 },
  .torch = "torch.unsqueeze(x0, dim)",
};
