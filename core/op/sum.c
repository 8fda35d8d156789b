/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_reduce_spread (self, self->dy[0], error);
  return self->dx[0] != NULL;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_reduce_infer (self, TL_REDUCE_SUM, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_SUM, error);
}

/**
 * tl_sum:
 * @x: any tensor
 * @axes: (array length=n_axes) (nullable): axes to sum over, from the end if negative
 * @n_axes: their number; 0 for all
 * @keepdim: whether summed axes stay, with size 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the sums; i64 for whole numbers, or %NULL
 */
TlTensor *
tl_sum (TlTensor   *x,
        const gint *axes,
        guint       n_axes,
        gboolean    keepdim,
        GError    **error)
{
  return tl_reduce_apply (&tl_op_sum, x, axes, n_axes, keepdim, error);
}

const TlOpClass tl_op_sum = {
  .name = "sum",
  .group = "reduction",
  .doc = "Sum over axes.",
  .formula = "y = sum of x over dim",
  .source = "pairwise summation: Higham 1993, doi:10.1137/0914050",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_reduce_samples,
  .onnx = { "ReduceSum", 1 },
  .torch = "x0.sum(dim, keepdim) if dim else x0.sum()",
};
