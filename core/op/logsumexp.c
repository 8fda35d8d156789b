/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_reduce_infer (self, TL_REDUCE_LOGSUMEXP, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_LOGSUMEXP, error);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  g_autoptr (TlTensor) y = tl_reduce_spread (self, self->out[0], error);
  g_autoptr (TlTensor) dy = y != NULL ? tl_reduce_spread (self, self->dy[0], error) : NULL;

  self->dx[0] = tl_map_text ("select (a == b, c, c * exp (a - b))", error, 3, self->in[0], y, dy);
  return self->dx[0] != NULL;
}

/**
 * tl_logsumexp:
 * @x: a floating tensor
 * @axes: (array length=n_axes) (nullable): axes to reduce, from the end if negative
 * @n_axes: their number; 0 for all
 * @keepdim: whether reduced axes stay, with size 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): the logarithm of the sum of exponentials, or %NULL
 */
TlTensor *
tl_logsumexp (TlTensor   *x,
              const gint *axes,
              guint       n_axes,
              gboolean    keepdim,
              GError    **error)
{
  return tl_reduce_apply (&tl_op_logsumexp, x, axes, n_axes, keepdim, error);
}

const TlOpClass tl_op_logsumexp = {
  .name = "logsumexp",
  .group = "reduction",
  .doc = "Logarithm of the sum of exponentials over axes, without overflow on the way.",
  .formula = "y = ln sum of e^x over dim",
  .source = "Blanchard, Higham & Higham 2021, doi:10.1093/imanum/draa038",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_reduce_samples,
  .onnx = { "ReduceLogSumExp", 1 },
  .torch = "torch.logsumexp(x0, dim if dim else tuple(range(x0.dim())), keepdim)",
};
