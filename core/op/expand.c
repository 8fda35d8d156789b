/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/common.h"

static const TlAttrSpec attrs[] = { { "shape", "sizes to repeat to", TL_ATTR_INTS, .required = TRUE }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlMeta       *y = &self->out[0];
  guint         rank = (guint)self->attrs[0].n, missing = rank - x->rank;

  *y = *x;
  y->rank = (guint8)rank;
  for (guint i = 0; i < MAX (rank, x->rank); i++) {
    TlDim size = i < missing || rank < x->rank ? 1 : x->shape[i - missing], wanted = i < rank ? self->attrs[0].v[i] : 0;

    if (rank < x->rank || (size != 1 && size != wanted) || (wanted < 0 && !tl_dim_is_symbolic (wanted))) {
      g_autofree char *from = tl_shape_to_string (x->shape, x->rank);
      g_autofree char *to = tl_shape_to_string (self->attrs[0].v, rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s cannot be repeated to %s", from, to);
    }
    y->shape[i] = wanted;
    y->strides[i] = size == 1 && wanted != 1 ? 0 : i < missing ? 0
                                                               : x->strides[i - missing];
  }
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_sum_to_shape (self->dy[0], self->in[0]->meta.rank, self->in[0]->meta.shape, error);
  return self->dx[0] != NULL;
}

/**
 * tl_expand:
 * @x: any tensor
 * @rank: number of axes, at least that of @x
 * @shape: (array length=rank): sizes; an axis of size 1 is repeated
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): a view that repeats elements, or %NULL
 */
TlTensor *
tl_expand (TlTensor    *x,
           guint        rank,
           const TlDim *shape,
           GError     **error)
{
  TlAttrValue values[1] = { { .n = (gint32)rank } };

  g_return_val_if_fail (rank <= TL_TENSOR_MAX_RANK, NULL);

  if (rank > 0)
    memcpy (values[0].v, shape, rank * sizeof (TlDim));
  return tl_op_apply1 (&tl_op_expand, &x, 1, values, error);
}

static const TlSample samples[] = { { "3,1", "shape = {3, 4}" }, { "4", "shape = {2, 3, 4}" }, { "", "shape = {2, 2}" }, { NULL } };

const TlOpClass tl_op_expand = {
  .name = "expand",
  .group = "shape",
  .doc = "Repeats axes of size 1 without copying.",
  .formula = "y[i, j] = x[i, 0]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Expand", 8 },
  .torch = "x0.expand(shape)",
};
