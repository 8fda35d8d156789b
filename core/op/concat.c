/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"
#include "core/op/copies.h"

static const TlPort ports[] = { { "tensors", "tensors that differ at most along dim", TL_PORT_VARIADIC }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "dim", "axis along which they are put together, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
fail_shape (TlInfer *self,
            guint    i,
            GError **error)
{
  g_autofree char *first = tl_meta_to_string (self->in[0]);
  g_autofree char *other = tl_meta_to_string (self->in[i]);

  return tl_infer_fail (self, self->in[0]->dtype != self->in[i]->dtype ? TL_ERROR_DTYPE : TL_ERROR_SHAPE, error,
                        "tensor 1 is %s, tensor %u is %s", first, i + 1, other);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *first;
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis;

  if (self->n_in == 0)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "0 tensors given, at least 1 wanted");
  first = self->in[0];
  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[0].i, first->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < first->rank; i++)
    shape[i] = first->shape[i];
  for (guint i = 1; i < self->n_in; i++) {
    const TlMeta *other = self->in[i];

    if (other->rank != first->rank || other->dtype != first->dtype)
      return fail_shape (self, i, error);
    for (guint j = 0; j < first->rank; j++)
      if (j == axis)
        shape[j] = tl_dim_add (shape[j], other->shape[j]);
      else if (other->shape[j] != first->shape[j])
        return fail_shape (self, i, error);
  }
  tl_infer_out (self, 0, first->dtype, first->rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  guint         rank = self->in[0]->rank;
  gint64        axis = self->attrs[0].i + (self->attrs[0].i < 0 ? rank : 0);
  TlCopiesArgs *args = tl_copies_prepare (self, self->n_in);
  TlMeta        to = self->out[0];

  for (guint i = 0; i < self->n_in; i++) {
    tl_copies_set_piece (args, i, self->in[i], &to);
    to.offset += self->in[i]->shape[axis] * to.strides[axis];
  }
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  guint rank = self->in[0]->meta.rank;
  gint  axis = (gint)(self->attrs[0].i + (self->attrs[0].i < 0 ? rank : 0));
  TlDim start = 0;

  for (guint i = 0; i < self->n_in; i++) {
    TlDim n = self->in[i]->meta.shape[axis];

    if (self->needs[i]) {
      self->dx[i] = self->n_in == 1 ? tl_tensor_ref (self->dy[0]) : tl_narrow (self->dy[0], axis, start, n, error);
      if (self->dx[i] == NULL)
        return FALSE;
    }
    start = tl_dim_add (start, n);
  }
  return TRUE;
}

/**
 * tl_concat:
 * @tensors: (array length=n_tensors): tensors of one dtype that differ at most along @axis
 * @n_tensors: their number, at least 1
 * @axis: an axis, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the tensors one behind the other, or %NULL
 */
TlTensor *
tl_concat (TlTensor *const *tensors,
           guint            n_tensors,
           gint             axis,
           GError         **error)
{
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_concat, tensors, n_tensors, values, error);
}

static const TlSample samples[] = {
  { "2,3; 4,3" },
  { "2,3; 2,1; 2,2", "dim = 1" },
  { "i64:2,3<9; i64:1,3<9" },
  { "2,0,3; 2,2,3", "dim = -2" },
  { "1" },
  { NULL },
};

const TlOpClass tl_op_concat = {
  .name = "concat",
  .group = "shape",
  .doc = "Tensors one behind the other.",
  .formula = "y = [x1, x2, ...] along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Concat", 4 },
  .torch = "torch.cat(x, dim)",
};
