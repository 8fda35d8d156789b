/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/index.h"
#include "core/kernels/kernels.h"
#include "core/op/common.h"

enum { X,
       INDEX };

static const TlPort ports[] = {
  { "x", "any tensor", TL_PORT_CONTIGUOUS },
  { "index", "positions `[n]`, i64, i32 or u8; from the end if negative", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis;

  if (!tl_infer_need_rank (self, X, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_need_rank (self, INDEX, 1, 1, error) ||
      !tl_infer_need_index (self, INDEX, error) || !tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == axis ? self->in[INDEX]->shape[0] : x->shape[i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlIndexArgs  *args = tl_prepare_args (self, TlIndexArgs);
  const TlMeta *x = self->in[X];
  gint64        axis = self->attrs[0].i + (self->attrs[0].i < 0 ? x->rank : 0);

  args->dtype = x->dtype;
  args->index_dtype = self->in[INDEX]->dtype;
  args->outer = args->inner = 1;
  for (gint64 i = 0; i < x->rank; i++)
    if (i < axis)
      args->outer *= x->shape[i];
    else if (i > axis)
      args->inner *= x->shape[i];
  args->axis = x->shape[axis];
  args->n_indices = self->in[INDEX]->shape[0];
  self->kernel = &tl_kernels_get ()->index_select;
  tl_prepare_data (self, TL_OPERAND_IN (X), TL_OPERAND_IN (INDEX), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

/* Rows are added along the first axis; another one changes places with it. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  gint                 axis = (gint)(self->attrs[0].i + (self->attrs[0].i < 0 ? x->rank : 0));
  g_autoptr (TlTensor) first = NULL;
  g_autoptr (TlTensor) sum = NULL;

  if (axis == 0) {
    self->dx[X] = tl_index_add (self->dy[0], self->in[INDEX], x->shape[0], error);
    return self->dx[X] != NULL;
  }
  first = tl_transpose (self->dy[0], 0, axis, error);
  sum = first != NULL ? tl_index_add (first, self->in[INDEX], x->shape[axis], error) : NULL;
  self->dx[X] = sum != NULL ? tl_transpose (sum, 0, axis, error) : NULL;
  return self->dx[X] != NULL;
}

/**
 * tl_index_select:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @index: positions, shape `[n]`, i64, i32 or u8
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE for a position out of range
 *
 * Returns: (transfer full): the positions of @x along the axis, or %NULL
 */
TlTensor *
tl_index_select (TlTensor *x,
                 gint      axis,
                 TlTensor *index,
                 GError  **error)
{
  TlTensor         *in[] = { x, index };
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_index_select, in, 2, values, error);
}

static const TlSample samples[] = {
  { "5,3; i64:4<5" },
  { "2,4,3; i32:6<4", "dim = 1" },
  { "2,3; u8:2<3", "dim = -1" },
  { "3; i64:0<3" },
  { NULL },
};

const TlOpClass tl_op_index_select = {
  .name = "index_select",
  .group = "index",
  .doc = "Positions along an axis, by index.",
  .formula = "y[j] = x[index[j]] along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Gather", 1 },
  .torch = "torch.index_select(x0, dim, x1.long())",
};
