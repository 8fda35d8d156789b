/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/common.h"

static const TlPort ports[] = { { "x", "any tensor", TL_PORT_CONTIGUOUS }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "shape", "new sizes; one may be -1 and is then what is left", TL_ATTR_INTS, .required = TRUE },
  { NULL },
};

/* -1 among symbolic sizes is told from a symbol by the caller: it arrives as TL_DIM_INVALID. */
static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  TlDim         n = tl_meta_get_n_elements (x), known = 1;
  gint          rank = self->attrs[0].n, open = -1;
  gboolean      ok, is_open = n == 0;

  for (guint i = 0; i < x->rank; i++)
    is_open = is_open || tl_dim_is_symbolic (x->shape[i]);
  for (gint i = 0; i < rank; i++) {
    shape[i] = self->attrs[0].v[i];
    if (shape[i] == TL_DIM_INVALID && open < 0)
      open = i;
    else
      known = tl_dim_mul (known, shape[i]);
  }
  if (open >= 0)
    shape[open] = known != 0 ? tl_dim_div_exact (n, known) : TL_DIM_INVALID;
  ok = open >= 0 ? shape[open] != TL_DIM_INVALID : n == known;
  for (gint i = 0; i < rank; i++)
    ok = ok && (shape[i] >= 0 || (is_open && tl_dim_is_symbolic (shape[i])));
  if (!ok) {
    g_autofree char *from = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *to = tl_shape_to_string (shape, (guint)rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s cannot become %s", from, to);
  }
  tl_infer_out (self, 0, x->dtype, (guint)rank, shape)->offset = x->offset;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_reshape (self->dy[0], self->in[0]->meta.rank, self->in[0]->meta.shape, error);
  return self->dx[0] != NULL;
}

/**
 * tl_reshape:
 * @x: any tensor
 * @rank: new number of axes
 * @shape: (array length=rank): new sizes; one may be %TL_DIM_INVALID and is then what is left
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): the same elements in another shape; a view where the memory allows it, or %NULL
 */
TlTensor *
tl_reshape (TlTensor    *x,
            guint        rank,
            const TlDim *shape,
            GError     **error)
{
  TlAttrValue values[1] = { { .n = (gint32)rank } };

  g_return_val_if_fail (rank <= TL_TENSOR_MAX_RANK, NULL);

  if (rank > 0)
    memcpy (values[0].v, shape, rank * sizeof (TlDim));
  return tl_op_apply1 (&tl_op_reshape, &x, 1, values, error);
}

/**
 * tl_flatten:
 * @x: any tensor
 * @start_axis: the first axis that is put together with those behind it
 * @error: return location for an error
 *
 * Returns: (transfer full): a tensor of @start_axis + 1 axes, or %NULL
 */
TlTensor *
tl_flatten (TlTensor *x,
            guint     start_axis,
            GError  **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint rank = MIN (start_axis, x->meta.rank);

  for (guint i = 0; i < rank; i++)
    shape[i] = x->meta.shape[i];
  shape[rank] = 1;
  for (guint i = rank; i < x->meta.rank; i++)
    shape[rank] = tl_dim_mul (shape[rank], x->meta.shape[i]);
  return tl_reshape (x, rank + 1, shape, error);
}

/**
 * tl_unsqueeze:
 * @x: any tensor
 * @axis: where the new axis stands in the result, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the tensor with one more axis, of size 1, or %NULL
 */
TlTensor *
tl_unsqueeze (TlTensor *x,
              gint      axis,
              GError  **error)
{
  gint  rank = x->meta.rank;
  TlDim shape[TL_TENSOR_MAX_RANK];

  if (axis < -(rank + 1) || axis > rank || rank == TL_TENSOR_MAX_RANK) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "unsqueeze: axis %d cannot be added to %d axes", axis, rank);
    return NULL;
  }
  axis += axis < 0 ? rank + 1 : 0;
  for (gint i = 0; i <= rank; i++)
    shape[i] = i < axis ? x->meta.shape[i] : i == axis ? 1
                                                       : x->meta.shape[i - 1];
  return tl_reshape (x, (guint)rank + 1, shape, error);
}

/**
 * tl_squeeze:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the tensor without that axis if its size is 1, else itself, or %NULL
 */
TlTensor *
tl_squeeze (TlTensor *x,
            gint      axis,
            GError  **error)
{
  gint  rank = x->meta.rank, n = 0;
  TlDim shape[TL_TENSOR_MAX_RANK];

  if (axis < -rank || axis >= rank) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "squeeze: axis %d is out of range for %d axes", axis, rank);
    return NULL;
  }
  axis += axis < 0 ? rank : 0;
  if (x->meta.shape[axis] != 1)
    return tl_tensor_ref (x);
  for (gint i = 0; i < rank; i++)
    if (i != axis)
      shape[n++] = x->meta.shape[i];
  return tl_reshape (x, (guint)n, shape, error);
}

static const TlSample samples[] = { { "3,4", "shape = {2, 6}" }, { "2,3,4", "shape = {24}" }, { "1", "shape = {}" }, { "0,3", "shape = {3, 0}" }, { NULL } };

const TlOpClass tl_op_reshape = {
  .name = "reshape",
  .group = "shape",
  .doc = "The same elements in another shape.",
  .formula = "elements keep their row-major order",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Reshape", 5 },
  .torch = "x0.reshape(shape)",
};
