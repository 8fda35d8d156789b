/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/scan-common.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_scan_prepare (self, TL_SCAN_SUM);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_scan_backwards (self->dy[0], self->attrs[0].i, error);
  return self->dx[0] != NULL;
}

/**
 * tl_cumsum:
 * @x: a tensor of f32, f64, whole numbers or bool
 * @axis: an axis, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): running sums along the axis; i64 of whole numbers, or %NULL
 */
TlTensor *
tl_cumsum (TlTensor *x,
           gint      axis,
           GError  **error)
{
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_cumsum, &x, 1, values, error);
}

const TlOpClass tl_op_cumsum = {
  .name = "cumsum",
  .group = "reduction",
  .doc = "Running sums along an axis.",
  .formula = "y[i] = x[0] + ... + x[i]",
  .source = "elementary",
  .in = tl_scan_ports,
  .attrs = tl_scan_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_scan_infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_scan_samples,
  .onnx = { "CumSum", 11 },
  .torch = "torch.cumsum(x0, dim)",
};
