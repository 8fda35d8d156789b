/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  g_autoptr (TlTensor) count = tl_size (tl_reduce_count (self), self->in[0]->meta.dtype, error);
  g_autoptr (TlTensor) part = count != NULL ? tl_div (self->dy[0], count, error) : NULL;

  self->dx[0] = part != NULL ? tl_reduce_spread (self, part, error) : NULL;
  return self->dx[0] != NULL;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_reduce_infer (self, TL_REDUCE_MEAN, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_MEAN, error);
}

/**
 * tl_mean:
 * @x: a floating tensor
 * @axes: (array length=n_axes) (nullable): axes to reduce, from the end if negative
 * @n_axes: their number; 0 for all
 * @keepdim: whether reduced axes stay, with size 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): the means, or %NULL
 */
TlTensor *
tl_mean (TlTensor   *x,
         const gint *axes,
         guint       n_axes,
         gboolean    keepdim,
         GError    **error)
{
  return tl_reduce_apply (&tl_op_mean, x, axes, n_axes, keepdim, error);
}

const TlOpClass tl_op_mean = {
  .name = "mean",
  .group = "reduction",
  .doc = "Mean over axes.",
  .formula = "y = mean of x over dim",
  .source = "pairwise summation: Higham 1993, doi:10.1137/0914050",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_reduce_samples,
  .onnx = { "ReduceMean", 1 },
  .torch = "x0.mean(dim, keepdim) if dim else x0.mean()",
};
