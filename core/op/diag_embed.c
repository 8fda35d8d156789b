/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "offset", "which diagonal: above the main one if positive", TL_ATTR_INT, .has_range = TRUE, .min = -1e9, .max = 1e9 },
  { "dim1", "axis of the rows in the result, from the end if negative", TL_ATTR_INT, .def = { .i = -2 }, .has_range = TRUE, .min = -8, .max = 7 },
  { "dim2", "axis of the columns in the result, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK], n;
  guint         row, column, next = 0;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK - 1, error) ||
      !tl_infer_axis (self, self->attrs[1].i, x->rank + 1, &row, error) ||
      !tl_infer_axis (self, self->attrs[2].i, x->rank + 1, &column, error))
    return FALSE;
  if (row == column)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "dim1 and dim2 are both axis %u", row);
  n = tl_dim_add (x->shape[x->rank - 1], ABS (self->attrs[0].i));
  for (guint i = 0; i <= x->rank; i++)
    shape[i] = i == row || i == column ? n : x->shape[next++];
  tl_infer_out (self, 0, x->dtype, x->rank + 1, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  TlDim         n = tl_dim_add (x->shape[x->rank - 1], ABS (self->attrs[0].i));
  TlAttrValue   values[] = { self->attrs[0], TL_INT (tl_axis (self->attrs[1].i, x->rank + 1u)),
                             TL_INT (tl_axis (self->attrs[2].i, x->rank + 1u)), TL_INTS2 (n, n) };

  self->dx[0] = tl_op_apply1 (&tl_op_diagonal_scatter, self->in, 1, values, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3" },
  { "2,3", "offset = 1" },
  { "2,3", "offset = -1, dim1 = 0, dim2 = 2" },
  { "0" },
  { "1" },
  { NULL },
};

const TlOpClass tl_op_diag_embed = {
  .name = "diag_embed",
  .group = "shape",
  .doc = "Matrices with the last axis as a diagonal and zeros elsewhere.",
  .formula = "y[..., i, i + offset] = x[..., i]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.diag_embed(x0, offset, dim1, dim2)",
};
