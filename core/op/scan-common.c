/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/scan-common.h"

const TlPort     tl_scan_ports[] = { { "x", "any tensor", TL_PORT_CONTIGUOUS }, { NULL } };
const TlPort     tl_scan_extreme_out_ports[] = { { "values", "the extremes" }, { "indices", "where they are, i64; the last of equals", TL_PORT_NODIFF }, { NULL } };
const TlAttrSpec tl_scan_attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};
const TlSample tl_scan_samples[] = {
  { "5", "dim = 0" },
  { "3,4", "dim = 1" },
  { "2,3,4", "dim = -2" },
  { "i64:4", "dim = 0" },
  { "i32:2,3", "dim = 0" },
  { "bool:4", "dim = 0" },
  { "1", "dim = 0" },
  { "0,3", "dim = 1" },
  { NULL },
};

static gboolean
check (TlInfer *self,
       GError **error)
{
  guint axis;

  return tl_infer_axis (self, self->attrs[0].i, self->in[0]->rank, &axis, error);
}

gboolean
tl_scan_infer (TlInfer *self,
               GError **error)
{
  const TlMeta *x = self->in[0];

  if (!check (self, error))
    return FALSE;
  tl_infer_out (self, 0, tl_dtype_is_float (x->dtype) ? x->dtype : TL_DTYPE_I64, x->rank, x->shape);
  return TRUE;
}

gboolean
tl_scan_infer_extreme (TlInfer *self,
                       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!check (self, error))
    return FALSE;
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  tl_infer_out (self, 1, TL_DTYPE_I64, x->rank, x->shape);
  return TRUE;
}

gboolean
tl_scan_prepare (TlPrepare *self,
                 TlScanOp   op)
{
  TlScanArgs   *args = tl_prepare_args (self, TlScanArgs);
  const TlMeta *x = self->in[0];
  guint         axis = tl_axis (self->attrs[0].i, x->rank);

  *args = (TlScanArgs){ .dtype = x->dtype, .op = op, .outer = 1, .n = x->rank > 0 ? x->shape[axis] : 1, .inner = 1 };
  for (guint i = 0; i < x->rank; i++)
    if (i < axis)
      args->outer *= x->shape[i];
    else if (i > axis)
      args->inner *= x->shape[i];
  self->kernel = &tl_scan_kernel;
  return TRUE;
}

/* An element gets the gradients of all results it is the value of. */
gboolean
tl_scan_extreme_gradient (TlGradient *self,
                          GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  g_autoptr (TlTensor) zeros = tl_zeros (x->rank, x->shape, x->dtype, error);

  self->dx[0] = zeros != NULL ? tl_scatter_add (zeros, (gint)self->attrs[0].i, self->out[1], self->dy[0], error) : NULL;
  return self->dx[0] != NULL;
}

TlTensor *
tl_scan_shift (TlFormula *f,
               TlTensor  *x,
               gint64     axis,
               double     first)
{
  guint at;
  TlDim n;

  if (x == NULL || f->has_failed)
    return NULL;
  if (x->meta.rank == 0)
    return tl_formula_full (f, 0, NULL, first, x->meta.dtype);
  at = tl_axis (axis, x->meta.rank);
  n = x->meta.shape[at];
  if (n == 0)
    return x;
  x = tl_formula_narrow (f, x, (gint)at, 0, tl_dim_sub (n, 1));
  return f->has_failed ? NULL : tl_formula_keep (f, tl_slice_scatter (x, at, 1, 1, n, first, f->error));
}

/* Running sums from the end. */
TlTensor *
tl_scan_backwards (TlTensor *x,
                   gint64    axis,
                   GError  **error)
{
  TlAttrValue          values[] = { TL_INTS1 (axis) };
  g_autoptr (TlTensor) turned = x != NULL && x->meta.rank > 0 ? tl_op_apply1 (&tl_op_flip, &x, 1, values, error) : NULL;
  g_autoptr (TlTensor) sums = turned != NULL ? tl_cumsum (turned, (gint)axis, error) : NULL;

  if (x != NULL && x->meta.rank == 0)
    return tl_tensor_ref (x);
  return sums != NULL ? tl_op_apply1 (&tl_op_flip, &sums, 1, values, error) : NULL;
}
