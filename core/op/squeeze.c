/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axes that vanish where their size is 1, from the end if negative; none for all", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         mask = self->attrs[0].n == 0 ? G_MAXUINT : 0, rank = 0, axis;

  for (gint i = 0; i < self->attrs[0].n; i++) {
    if (!tl_infer_axis (self, self->attrs[0].v[i], x->rank, &axis, error))
      return FALSE;
    mask |= 1u << axis;
  }
  for (guint i = 0; i < x->rank; i++)
    if (x->shape[i] != 1 || (mask >> i & 1) == 0)
      shape[rank++] = x->shape[i];
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static const TlSample samples[] = {
  { "1,3,1" },
  { "1,3,1", "dim = {0}" },
  { "2,1,3,1", "dim = {-1, 0}" },
  { "" },
  { "0,1", "dim = {1}" },
  { NULL },
};

const TlOpClass tl_op_squeeze = {
  .name = "squeeze",
  .group = "shape",
  .doc = "Without axes of size 1.",
  .formula = "y.shape = x.shape without ones",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = tl_decompose_reshape,
  .samples = samples,
  .onnx = { "Squeeze", 13 },
  .torch = "torch.squeeze(x0, tuple(dim)) if dim else torch.squeeze(x0)",
};
