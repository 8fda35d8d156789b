/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/extreme-common.h"
#include "core/op/sort-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_extreme_decompose (self, tl_argmax, error);
}

const TlOpClass tl_op_max = {
  .name = "max",
  .group = "reduction",
  .doc = "Largest element along an axis or of all, and where the first of equals is. NaN if any is.",
  .formula = "values = x[indices], the maximum over dim",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_sort_out_ports,
  .attrs = tl_extreme_attrs,
  .infer = tl_extreme_infer,
  .decompose = decompose,
  .samples = tl_extreme_samples,
  .onnx = { "ReduceMax", 1 },
  .torch = "torch.max(x0, dim[0], keepdim) if dim else torch.max(x0)",
};
