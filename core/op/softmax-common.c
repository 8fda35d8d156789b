/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/softmax-common.h"

const TlAttrSpec tl_softmax_attrs[] = {
  { "dim", "axis along which elements are compared, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};
const TlSample tl_softmax_samples[] = { { "3,4" }, { "2,3,4", "dim = 1" }, { "2,3,4,5", "dim = -3", .low = -4, .high = 4 }, { "", .low = -1, .high = 1 }, { "0,3" }, { NULL } };

const TlPort tl_softmax_rows_ports[] = { { "x", "floating", TL_PORT_CONTIGUOUS }, { NULL } };
const TlPort tl_softmax_grad_ports[] = {
  { "y", "of the forward pass", TL_PORT_CONTIGUOUS },
  { "dy", "its gradient", TL_PORT_CONTIGUOUS },
  { NULL },
};
const TlSample tl_softmax_rows_samples[] = { { "3,4" }, { "2,3,4", .low = -4, .high = 4 }, { "5" }, { "1" }, { "0,3" }, { NULL } };

gboolean
tl_softmax_infer (TlInfer *self,
                  GError **error)
{
  guint axis;

  return tl_infer_need_float (self, 0, error) && tl_infer_axis (self, self->attrs[0].i, self->in[0]->rank, &axis, error) && tl_infer_same (self, error);
}

gboolean
tl_softmax_along (TlGradient      *self,
                  const TlOpClass *rows,
                  GError         **error)
{
  gint                 rank = self->in[0]->meta.rank;
  gint                 axis = (gint)self->attrs[0].i + (self->attrs[0].i < 0 ? rank : 0);
  g_autoptr (TlTensor) last = NULL;
  g_autoptr (TlTensor) y = NULL;

  if (axis >= rank - 1) {
    self->dx[0] = tl_op_apply1 (rows, self->in, 1, NULL, error);
    return self->dx[0] != NULL;
  }
  last = tl_transpose (self->in[0], axis, -1, error);
  y = last != NULL ? tl_op_apply1 (rows, &last, 1, NULL, error) : NULL;
  self->dx[0] = y != NULL ? tl_transpose (y, axis, -1, error) : NULL;
  return self->dx[0] != NULL;
}

gboolean
tl_softmax_rows_infer (TlInfer *self,
                       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

gboolean
tl_softmax_rows_prepare (TlPrepare      *self,
                         const TlKernel *kernel)
{
  const TlMeta  *x = self->in[0];
  TlSoftmaxArgs *args = tl_prepare_args (self, TlSoftmaxArgs);

  args->dtype = x->dtype;
  args->cols = x->rank > 0 ? x->shape[x->rank - 1] : 1;
  args->rows = args->cols > 0 ? tl_meta_get_n_elements (x) / args->cols : 0;
  args->stride[0] = args->stride[1] = args->stride[2] = args->cols;
  self->kernel = kernel;
  return TRUE;
}

gboolean
tl_softmax_rows_gradient (TlGradient      *self,
                          const TlOpClass *grad,
                          GError         **error)
{
  TlTensor *in[] = { self->out[0], self->dy[0] };

  self->dx[0] = tl_op_apply1 (grad, in, 2, NULL, error);
  return self->dx[0] != NULL;
}

TlTensor *
tl_softmax_shift (TlTensor *x,
                  GError  **error)
{
  static const gint    last = -1;
  g_autoptr (TlTensor) top = tl_amax (x, &last, 1, TRUE, error);
  g_autoptr (TlTensor) still = top != NULL ? tl_detach (top) : NULL;

  return tl_map_text ("a - b", error, 2, x, still);
}
