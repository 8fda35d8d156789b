/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { OFFSET,
       DIM1,
       DIM2 };

static const TlAttrSpec attrs[] = {
  { "offset", "which diagonal: above the main one if positive", TL_ATTR_INT, .has_range = TRUE, .min = -9.2e18, .max = 9.2e18 },
  { "dim1", "axis of the rows, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "dim2", "axis of the columns, from the end if negative", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static TlDim
shorten (TlDim  size,
         gint64 by)
{
  return tl_dim_is_symbolic (size) ? tl_dim_sub (size, by) : size - MIN (by, size);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlMeta       *y = &self->out[0];
  gint64        offset = self->attrs[OFFSET].i, n;
  guint         row, column, rank = 0;

  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[DIM1].i, x->rank, &row, error) ||
      !tl_infer_axis (self, self->attrs[DIM2].i, x->rank, &column, error))
    return FALSE;
  if (row == column)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "dim1 and dim2 are both axis %u", row);
  n = offset >= 0 ? tl_dim_min (x->shape[row], shorten (x->shape[column], offset)) : tl_dim_min (x->shape[column], shorten (x->shape[row], -offset));
  if (n == TL_DIM_INVALID) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "how long the diagonal of %s is depends on which of axes %u and %u is smaller", shape, row, column);
  }
  *y = *x;
  for (guint i = 0; i < x->rank; i++)
    if (i != row && i != column) {
      y->shape[rank] = x->shape[i];
      y->strides[rank++] = x->strides[i];
    }
  y->shape[rank] = n;
  y->strides[rank++] = tl_dim_add (x->strides[row], x->strides[column]);
  y->rank = (guint8)rank;
  if (n != 0)
    y->offset = tl_dim_add (x->offset, offset >= 0 ? tl_dim_mul (x->strides[column], offset) : tl_dim_mul (x->strides[row], -offset));
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  TlAttrValue   values[] = { self->attrs[OFFSET], TL_INT (tl_axis (self->attrs[DIM1].i, x->rank)),
                             TL_INT (tl_axis (self->attrs[DIM2].i, x->rank)),
                             TL_INTS2 (x->shape[tl_axis (self->attrs[DIM1].i, x->rank)], x->shape[tl_axis (self->attrs[DIM2].i, x->rank)]) };

  self->dx[0] = tl_op_apply1 (&tl_op_diagonal_scatter, self->dy, 1, values, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "4,4" },
  { "3,5", "offset = 1" },
  { "4,3", "offset = -2" },
  { "2,3,4", "dim1 = -1, dim2 = 0" },
  { "2,2", "offset = 5" },
  { "1,1" },
  { NULL },
};

const TlOpClass tl_op_diagonal = {
  .name = "diagonal",
  .group = "shape",
  .doc = "A diagonal of two axes, as a view; it becomes the last axis.",
  .formula = "y[..., i] = x[i, i + offset, ...]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.diagonal(x0, offset, dim1, dim2)",
};
