/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/split-common.h"

const TlPort tl_split_out_ports[] = { { "parts", "views, in order", TL_PORT_VARIADIC }, { NULL } };

gboolean
tl_split_get_size (TlInfer *self,
                   gint64   axis,
                   TlDim   *size,
                   GError **error)
{
  const TlMeta *x = self->in[0];
  guint         normal;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_axis (self, axis, x->rank, &normal, error))
    return FALSE;
  *size = x->shape[normal];
  if (tl_dim_is_symbolic (*size)) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "how many parts axis %u of %s has is not known yet", normal, shape);
  }
  return TRUE;
}

/* tl_op_count_out() refuses what is too much. */
gboolean
tl_split_set_n (TlInfer *self,
                gint64   n,
                GError **error)
{
  self->n_out = (guint)CLAMP (n, 0, G_MAXINT32);
  return TRUE;
}

gboolean
tl_split_infer (TlInfer    *self,
                gint64      axis,
                TlSplitPart part,
                GError    **error)
{
  const TlMeta *x = self->in[0];
  guint         normal = tl_axis (axis, x->rank);
  TlDim         shape[TL_TENSOR_MAX_RANK];

  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[i];
  for (guint i = 0; i < self->n_out; i++) {
    TlDim start;

    part (self->attrs, x->shape[normal], self->n_out, i, &start, &shape[normal]);
    tl_infer_out (self, i, x->dtype, x->rank, shape);
  }
  return TRUE;
}

gboolean
tl_split_decompose (TlGradient *self,
                    gint64      axis,
                    TlSplitPart part,
                    GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  guint         normal = tl_axis (axis, x->rank);

  for (guint i = 0; i < self->n_out; i++) {
    TlDim start, length;

    part (self->attrs, x->shape[normal], self->n_out, i, &start, &length);
    self->dx[i] = tl_narrow (self->in[0], (gint)normal, start, length, error);
    if (self->dx[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

void
tl_split_between (TlDim  size,
                  gint64 first,
                  gint64 end,
                  TlDim *start,
                  TlDim *length)
{
  first += first < 0 ? size : 0;
  end += end < 0 ? size : 0;
  *start = CLAMP (first, 0, size);
  *length = CLAMP (end, *start, size) - *start;
}
