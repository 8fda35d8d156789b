/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static gboolean
fail_shape (TlInfer *self,
            guint    i,
            GError **error)
{
  g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
  g_autofree char *b = tl_shape_to_string (self->in[i]->shape, self->in[i]->rank);

  return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s %s and %s %s do not fit", self->op->in[0].name, a, self->op->in[i].name, b);
}

gboolean
tl_loss_infer (TlInfer *self,
               GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  for (guint i = 1; i < self->n_in; i++) {
    const TlMeta *pair[] = { x, self->in[i] };
    TlDim         shape[TL_TENSOR_MAX_RANK];
    guint         rank;

    if (self->in[i] == NULL)
      continue;
    if (!tl_infer_need_same_dtype (self, 0, i, error))
      return FALSE;
    if (i == 1 ? !tl_meta_same_shape (x, self->in[i]) : !tl_broadcast_shapes (pair, 2, shape, &rank) || rank != x->rank)
      return fail_shape (self, i, error);
    for (guint axis = 0; i > 1 && axis < rank; axis++)
      if (shape[axis] != x->shape[axis])
        return fail_shape (self, i, error);
  }
  tl_infer_out (self, 0, x->dtype, self->attrs[0].i == TL_REDUCTION_NONE ? x->rank : 0, x->shape);
  return TRUE;
}

gboolean
tl_loss_decompose (TlGradient *self,
                   const char *text,
                   GError    **error)
{
  TlTensor            *in[TL_PROGRAM_MAX_IN] = { NULL };
  double               numbers[TL_OP_MAX_ATTRS];
  guint                n_in = 0, n_numbers = 0;
  g_autoptr (TlTensor) rows = NULL;

  for (guint i = 0; i < self->n_in; i++)
    if (self->in[i] != NULL)
      in[n_in++] = self->in[i];
  for (guint i = 1; i < tl_op_get_n_attrs (self->op); i++)
    if (self->op->attrs[i].type == TL_ATTR_FLOAT)
      numbers[n_numbers++] = self->attrs[i].d;
  rows = tl_map_numbers (text, in, n_in, numbers, n_numbers, error);
  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[0].i, error);
  return self->dx[0] != NULL;
}
