/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_reduce_infer_not_empty (self, error) && tl_reduce_infer (self, TL_REDUCE_ARGMIN, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_ARGMIN, error);
}

/**
 * tl_argmin:
 * @x: any tensor
 * @axes: (array length=n_axes) (nullable): axes to reduce, from the end if negative
 * @n_axes: their number; 0 for all
 * @keepdim: whether reduced axes stay, with size 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): i64 positions, or %NULL
 */
TlTensor *
tl_argmin (TlTensor   *x,
           const gint *axes,
           guint       n_axes,
           gboolean    keepdim,
           GError    **error)
{
  return tl_reduce_apply (&tl_op_argmin, x, axes, n_axes, keepdim, error);
}

static const TlSample samples[] = { { "3,4" }, { "3,4", "dim = {0}" }, { "2,3,4", "dim = {-1}, keepdim = true" }, { "1" }, { NULL } };

const TlOpClass tl_op_argmin = {
  .name = "argmin",
  .group = "reduction",
  .doc = "Position of the smallest element, the first of equals.",
  .formula = "y = argmin of x over dim, counted in row-major order",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
  .onnx = { "ArgMin", 1 },
  .torch = "x0.argmin(dim[0], keepdim) if dim else x0.argmin()",
};
