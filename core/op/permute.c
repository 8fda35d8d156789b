/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dims", "axis of the input for each axis of the result", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlMeta       *y = &self->out[0];
  guint         seen = 0;

  if ((guint)self->attrs[0].n != x->rank)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d axes given for a tensor of %u", self->attrs[0].n, x->rank);
  *y = *x;
  for (guint i = 0; i < x->rank; i++) {
    guint axis;

    if (!tl_infer_axis (self, self->attrs[0].v[i], x->rank, &axis, error))
      return FALSE;
    if ((seen >> axis & 1) != 0)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %u is given twice", axis);
    seen |= 1u << axis;
    y->shape[i] = x->shape[axis];
    y->strides[i] = x->strides[axis];
  }
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  guint inverse[TL_TENSOR_MAX_RANK];
  guint rank = self->in[0]->meta.rank;

  for (guint i = 0; i < rank; i++)
    inverse[(self->attrs[0].v[i] + rank) % rank] = i;
  self->dx[0] = tl_permute (self->dy[0], inverse, error);
  return self->dx[0] != NULL;
}

/**
 * tl_permute:
 * @x: any tensor
 * @axes: (array): axis of @x for each axis of the result
 * @error: return location for an error
 *
 * Returns: (transfer full): a view with its axes in another order, or %NULL
 */
TlTensor *
tl_permute (TlTensor    *x,
            const guint *axes,
            GError     **error)
{
  TlAttrValue values[1] = { { .n = x->meta.rank } };

  for (guint i = 0; i < x->meta.rank; i++)
    values[0].v[i] = axes[i];
  return tl_op_apply1 (&tl_op_permute, &x, 1, values, error);
}

/**
 * tl_transpose:
 * @x: any tensor
 * @axis_a: an axis, from the end if negative
 * @axis_b: another
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: (transfer full): a view with the two axes swapped, or %NULL
 */
TlTensor *
tl_transpose (TlTensor *x,
              gint      axis_a,
              gint      axis_b,
              GError  **error)
{
  gint  rank = x->meta.rank;
  guint axes[TL_TENSOR_MAX_RANK];

  axis_a += axis_a < 0 ? rank : 0;
  axis_b += axis_b < 0 ? rank : 0;
  if (axis_a < 0 || axis_a >= rank || axis_b < 0 || axis_b >= rank) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "transpose: an axis is out of range for %d axes", rank);
    return NULL;
  }
  for (gint i = 0; i < rank; i++)
    axes[i] = (guint)(i == axis_a ? axis_b : i == axis_b ? axis_a
                                                         : i);
  return tl_permute (x, axes, error);
}

static const TlSample samples[] = { { "3,4", "dims = {1, 0}" }, { "2,3,4", "dims = {2, 0, 1}" }, { "0,3", "dims = {1, 0}" }, { NULL } };

const TlOpClass tl_op_permute = {
  .name = "permute",
  .group = "shape",
  .doc = "The axes in another order.",
  .formula = "y.shape[i] = x.shape[dims[i]]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Transpose", 1 },
  .torch = "x0.permute(dims)",
};
