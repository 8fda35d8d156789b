/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/triangle.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_triangle_indices_infer (self, FALSE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_triangle_indices_decompose (self, FALSE, error);
}

const TlOpClass tl_op_tril_indices = {
  .name = "tril_indices",
  .group = "creation",
  .doc = "Rows and columns of the elements on and below a diagonal of a matrix, i64.",
  .formula = "y[:, k] = (i, j) with j - i <= offset, row by row",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = tl_triangle_indices_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = tl_triangle_indices_samples,
  .torch = "torch.tril_indices(row, col, offset)",
};
