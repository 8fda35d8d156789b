/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  return tl_reduce_extreme_gradient (self, error);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_reduce_infer_not_empty (self, error) && tl_reduce_infer (self, TL_REDUCE_MIN, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_MIN, error);
}

/**
 * tl_amin:
 * @x: any tensor
 * @axes: (array length=n_axes) (nullable): axes to reduce, from the end if negative
 * @n_axes: their number; 0 for all
 * @keepdim: whether reduced axes stay, with size 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): the smallest elements, or %NULL
 */
TlTensor *
tl_amin (TlTensor   *x,
         const gint *axes,
         guint       n_axes,
         gboolean    keepdim,
         GError    **error)
{
  return tl_reduce_apply (&tl_op_amin, x, axes, n_axes, keepdim, error);
}

const TlOpClass tl_op_amin = {
  .name = "amin",
  .group = "reduction",
  .doc = "Smallest element over axes; NaN if any is. Equal elements share the gradient.",
  .formula = "y = min of x over dim",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_reduce_samples,
  .onnx = { "ReduceMin", 1 },
  .torch = "x0.amin(dim, keepdim)",
};
