/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/sort-common.h"

static const TlAttrSpec attrs[] = {
  TL_SORT_DIM,
  { "descending", "whether the largest comes first", TL_ATTR_BOOL },
  { "stable", "whether equal elements keep their order; they always do", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_sort_check (self, self->attrs[0].i, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  tl_infer_out (self, 1, TL_DTYPE_I64, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_sort (self->in[0], self->attrs[0].i, self->attrs[1].i != 0, &self->dx[0], &self->dx[1], error);
}

static const TlSample samples[] = {
  { "7" },
  { "3,5", "dim = 0, descending = true" },
  { "2,3,4", "dim = -2" },
  { "" },
  { "f32:5", .special = "nan inf -inf 0 -0" },
  { "f32:5", "descending = true", .special = "nan inf -inf" },
  { "3,0" },
  { NULL },
};

const TlOpClass tl_op_sort = {
  .name = "sort",
  .group = "sorting",
  .doc = "Elements along an axis in order, and where they were. NaN counts as the largest.",
  .formula = "values[i] = x[indices[i]], rising",
  .source = "Knuth 1998, The Art of Computer Programming 3, 5.2.5",
  .in = tl_ports_x,
  .out = tl_sort_out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "TopK", 11 },
  .torch = "torch.sort(x0, dim, descending)",
};
