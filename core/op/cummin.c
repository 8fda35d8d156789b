/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/scan-common.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_scan_prepare (self, TL_SCAN_MIN);
}

const TlOpClass tl_op_cummin = {
  .name = "cummin",
  .group = "reduction",
  .doc = "Running minimum along an axis, and where it is. NaN stays.",
  .formula = "y[i] = min (x[0], ..., x[i])",
  .source = "elementary",
  .in = tl_scan_ports,
  .out = tl_scan_extreme_out_ports,
  .attrs = tl_scan_attrs,
  .infer = tl_scan_infer_extreme,
  .prepare = prepare,
  .gradient = tl_scan_extreme_gradient,
  .samples = tl_scan_samples,
  .torch = "torch.cummin(x0, dim)",
};
