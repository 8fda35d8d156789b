/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"
#include "core/op/copies.h"

enum { OFFSET,
       DIM1,
       DIM2,
       SIZE };

static const TlAttrSpec attrs[] = {
  { "offset", "which diagonal: above the main one if positive", TL_ATTR_INT },
  { "dim1", "axis of the rows in the result", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 7 },
  { "dim2", "axis of the columns in the result", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 0, .max = 7 },
  { "size", "rows and columns", TL_ATTR_INTS, .required = TRUE, .n = 2 },
  { NULL },
};

/* Whether the diagonal is as long as the last axis, as far as sizes are known. */
static gboolean
fits (const TlInfer *self)
{
  TlDim  rows = self->attrs[SIZE].v[0], columns = self->attrs[SIZE].v[1], n = self->in[0]->shape[self->in[0]->rank - 1];
  gint64 offset = self->attrs[OFFSET].i;

  if (rows < 0 || columns < 0 || n < 0)
    return TRUE;
  return n == 0 || (offset >= 0 ? offset < columns && n <= MIN (rows, columns - offset) : offset > -rows && n <= MIN (columns, rows + offset));
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  gint64        row = self->attrs[DIM1].i, column = self->attrs[DIM2].i;
  guint         next = 0;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK - 1, error))
    return FALSE;
  if (row == column || row > x->rank || column > x->rank)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "dim1 = %" G_GINT64_FORMAT " and dim2 = %" G_GINT64_FORMAT " are no two of %d axes", row, column, x->rank + 1);
  if (!fits (self)) {
    g_autofree char *size = tl_shape_to_string (self->attrs[SIZE].v, 2);
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the last axis of %s does not fit diagonal %" G_GINT64_FORMAT " of %s", text, self->attrs[OFFSET].i, size);
  }
  for (guint i = 0; i <= x->rank; i++)
    shape[i] = i == row ? self->attrs[SIZE].v[0] : i == column ? self->attrs[SIZE].v[1]
                                                               : x->shape[next++];
  tl_infer_out (self, 0, x->dtype, x->rank + 1, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  const TlMeta *x = self->in[0], *y = &self->out[0];
  gboolean      empty = tl_meta_get_n_elements (x) == 0;
  TlCopiesArgs *args = tl_copies_prepare (self, empty ? 0 : 1);
  gint64        row = self->attrs[DIM1].i, column = self->attrs[DIM2].i, offset = self->attrs[OFFSET].i;
  TlMeta        to = *x;
  guint         rank = 0;

  tl_copies_set_fill (args, y, 0);
  if (empty) {
    tl_prepare_data (self, TL_OPERAND_OUT (0));
    return TRUE;
  }
  for (guint i = 0; i < y->rank; i++)
    if (i != row && i != column)
      to.strides[rank++] = y->strides[i];
  to.strides[rank] = y->strides[row] + y->strides[column];
  to.offset = y->offset + (offset >= 0 ? offset * y->strides[column] : -offset * y->strides[row]);
  tl_copies_set_piece (args, 0, x, &to);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_op_apply1 (&tl_op_diagonal, self->dy, 1, self->attrs, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "4", "size = {4, 4}" },
  { "2,3", "offset = 1, dim1 = 0, dim2 = 2, size = {3, 5}" },
  { "2", "offset = -2, size = {4, 3}" },
  { "0", "size = {2, 0}" },
  { NULL },
};

const TlOpClass tl_op_diagonal_scatter = {
  .name = "diagonal_scatter",
  .group = "shape",
  .doc = "The last axis spread over a diagonal.",
  .formula = "y[i, i + offset, ...] = x[..., i], y = 0 elsewhere",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
