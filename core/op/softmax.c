/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/softmax-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_softmax_along (self, &tl_op_softmax_rows, error);
}

/**
 * tl_softmax:
 * @x: a floating tensor
 * @axis: axis along which elements are compared, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): `e^x / sum e^x`, or %NULL
 */
TlTensor *
tl_softmax (TlTensor *x,
            gint      axis,
            GError  **error)
{
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_softmax, &x, 1, values, error);
}

const TlOpClass tl_op_softmax = {
  .name = "softmax",
  .group = "activation",
  .doc = "Positive elements that sum to 1 along an axis.",
  .formula = "y = e^x / sum e^x, along dim",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = tl_ports_x,
  .attrs = tl_softmax_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_softmax_infer,
  .decompose = decompose,
  .samples = tl_softmax_samples,
  .onnx = { "Softmax", 1 },
  .torch = "torch.softmax(x0, dim)",
};
