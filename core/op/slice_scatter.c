/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"
#include "core/op/copies.h"

enum { DIM,
       START,
       STEP,
       SIZE,
       VALUE };

static const TlAttrSpec attrs[] = {
  { "dim", "axis", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 7 },
  { "start", "where the first position goes", TL_ATTR_INTS, .required = TRUE, .n = 1 },
  { "step", "distance of positions", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  { "size", "size of the axis of the result", TL_ATTR_INTS, .required = TRUE, .n = 1 },
  { "value", "of all other elements", TL_ATTR_FLOAT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis;
  TlDim         size = self->attrs[SIZE].v[0], start = self->attrs[START].v[0];
  gint64        step = self->attrs[STEP].i, n;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[DIM].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == axis ? size : x->shape[i];
  n = x->shape[axis];
  if (size >= 0 && n >= 0 && !tl_dim_is_symbolic (start) && (start < 0 || (n > 0 && (start >= size || n - 1 > (size - 1 - start) / step))))
    return tl_infer_fail (self, TL_ERROR_SHAPE, error,
                          "%" G_GINT64_FORMAT " positions from %" G_GINT64_FORMAT " in steps of %" G_GINT64_FORMAT
                          " do not fit an axis of %" G_GINT64_FORMAT,
                          n, start, step, size);
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  gint64        axis = self->attrs[DIM].i;
  const TlMeta *x = self->in[0];
  TlCopiesArgs *args;
  TlMeta        to = self->out[0];
  gboolean      empty = tl_meta_get_n_elements (x) == 0;

  args = tl_copies_prepare (self, empty ? 0 : 1);
  if (x->shape[axis] != to.shape[axis])
    tl_copies_set_fill (args, &to, self->attrs[VALUE].d);
  to.offset = self->attrs[START].v[0] * to.strides[axis];
  to.strides[axis] *= self->attrs[STEP].i;
  if (empty) {
    tl_prepare_data (self, TL_OPERAND_OUT (0));
    return TRUE;
  }
  tl_copies_set_piece (args, 0, x, &to);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlDim start = self->attrs[START].v[0], n = self->in[0]->meta.shape[self->attrs[DIM].i];

  self->dx[0] = tl_slice_at (self->dy[0], (gint)self->attrs[DIM].i, start, n, self->attrs[STEP].i, error);
  return self->dx[0] != NULL;
}

/**
 * tl_slice_scatter:
 * @x: any tensor
 * @axis: an axis
 * @start: where its first position goes; may be symbolic
 * @step: distance of positions
 * @size: size of the axis of the result; may be symbolic
 * @value: of all other elements
 * @error: return location for an error
 *
 * Spreads an axis over a longer one: padding, and the gradient of tl_slice().
 *
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): the longer tensor, or %NULL
 */
TlTensor *
tl_slice_scatter (TlTensor *x,
                  guint     axis,
                  TlDim     start,
                  gint64    step,
                  TlDim     size,
                  double    value,
                  GError  **error)
{
  const TlAttrValue values[] = { TL_INT (axis), TL_INTS1 (start), TL_INT (step), TL_INTS1 (size), TL_FLOAT (value) };

  return tl_op_apply1 (&tl_op_slice_scatter, &x, 1, values, error);
}

static const TlSample samples[] = {
  { "2,4", "start = {1}, size = {5}" },
  { "2,3,3", "dim = 1, start = {1}, step = 2, size = {6}, value = 2" },
  { "3", "start = {0}, size = {3}" },
  { "0", "start = {0}, size = {2}" },
  { NULL },
};

const TlOpClass tl_op_slice_scatter = {
  .name = "slice_scatter",
  .group = "shape",
  .doc = "An axis spread over a longer one.",
  .formula = "y[start + i step] = x[i], y = value elsewhere",
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
