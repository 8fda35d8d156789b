/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/triangle.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_triangle_prepare (self, TRUE);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_op_apply1 (&tl_op_triu, self->dy, 1, self->attrs, error);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_triu = {
  .name = "triu",
  .group = "shape",
  .doc = "Elements on and above a diagonal of the last two axes; zeros below it.",
  .formula = "y[i, j] = x[i, j] where j - i >= diagonal, else 0",
  .source = "elementary",
  .in = tl_triangle_ports,
  .attrs = tl_triangle_attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_triangle_infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_triangle_samples,
  .onnx = { "Trilu", 14 },
  .torch = "torch.triu(x0, diagonal)",
};
