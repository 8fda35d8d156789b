/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/triangle.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_triangle_indices_infer (self, TRUE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_triangle_indices_decompose (self, TRUE, error);
}

const TlOpClass tl_op_triu_indices = {
  .name = "triu_indices",
  .group = "creation",
  .doc = "Rows and columns of the elements on and above a diagonal of a matrix, i64.",
  .formula = "y[:, k] = (i, j) with j - i >= offset, row by row",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = tl_triangle_indices_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = tl_triangle_indices_samples,
  .torch = "torch.triu_indices(row, col, offset)",
};
