/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "tensors", "tensors of one shape and dtype", TL_PORT_VARIADIC }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "dim", "the new axis, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint axis, rank;

  if (self->n_in == 0)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "0 tensors given, at least 1 wanted");
  rank = self->in[0]->rank;
  if (!tl_infer_need_rank (self, 0, 0, TL_TENSOR_MAX_RANK - 1, error) ||
      !tl_infer_axis (self, self->attrs[0].i, rank + 1, &axis, error))
    return FALSE;
  for (guint i = 1; i < self->n_in; i++)
    if (self->in[i]->dtype != self->in[0]->dtype || !tl_meta_same_shape (self->in[i], self->in[0])) {
      g_autofree char *first = tl_meta_to_string (self->in[0]);
      g_autofree char *other = tl_meta_to_string (self->in[i]);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "tensor 1 is %s, tensor %u is %s", first, i + 1, other);
    }
  for (guint i = 0; i <= rank; i++)
    shape[i] = i < axis ? self->in[0]->shape[i] : i == axis ? (TlDim)self->n_in
                                                            : self->in[0]->shape[i - 1];
  tl_infer_out (self, 0, self->in[0]->dtype, rank + 1, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                  axis = (gint)self->attrs[0].i;
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);

  for (guint i = 0; i < self->n_in; i++) {
    TlTensor *part = tl_unsqueeze (self->in[i], axis, error);

    if (part == NULL)
      return FALSE;
    g_ptr_array_add (parts, part);
  }
  self->dx[0] = tl_concat ((TlTensor *const *)parts->pdata, parts->len, axis, error);
  return self->dx[0] != NULL;
}

/**
 * tl_stack:
 * @tensors: (array length=n_tensors): tensors of one shape and dtype
 * @n_tensors: their number, at least 1
 * @axis: the new axis, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the tensors along a new axis, or %NULL
 */
TlTensor *
tl_stack (TlTensor *const *tensors,
          guint            n_tensors,
          gint             axis,
          GError         **error)
{
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_stack, tensors, n_tensors, values, error);
}

static const TlSample samples[] = { { "2,3; 2,3" }, { "3; 3; 3", "dim = -1" }, { "; " }, { "0; 0" }, { NULL } };

const TlOpClass tl_op_stack = {
  .name = "stack",
  .group = "shape",
  .doc = "Tensors along a new axis.",
  .formula = "y[i] = x_i along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "ConcatFromSequence", 11 },
  .torch = "torch.stack(x, dim)",
};
