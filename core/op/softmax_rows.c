/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/softmax-common.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_softmax_rows_prepare (self, &tl_kernels_get ()->softmax_forward);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  return tl_softmax_rows_gradient (self, &tl_op_softmax_grad, error);
}

/* The largest element is subtracted, so that nothing overflows. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const gint    last = -1;
  g_autoptr (TlTensor) x = tl_softmax_shift (self->in[0], error);
  g_autoptr (TlTensor) e = tl_map_text ("exp (a)", error, 1, x);
  g_autoptr (TlTensor) sum = e != NULL ? tl_sum (e, &last, 1, TRUE, error) : NULL;

  self->dx[0] = tl_map_text ("a / b", error, 2, e, sum);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_softmax_rows = {
  .name = "softmax_rows",
  .group = "activation",
  .doc = "Softmax along the last axis.",
  .formula = "y = e^x / sum e^x",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = tl_softmax_rows_ports,
  .flags = TL_OP_INTERNAL,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_softmax_rows_infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = tl_softmax_rows_samples,
};

/* Its gradient, as an operation of its own. */

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  return tl_softmax_rows_prepare (self, &tl_kernels_get ()->softmax_backward);
}

const TlOpClass tl_op_softmax_grad = {
  .name = "softmax_grad",
  .doc = "Gradient of softmax.",
  .in = tl_softmax_grad_ports,
  .flags = TL_OP_INTERNAL,
  .infer = tl_softmax_rows_infer,
  .prepare = grad_prepare,
};
