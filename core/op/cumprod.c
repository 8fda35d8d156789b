/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/scan-common.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_scan_prepare (self, TL_SCAN_PROD);
}

/*
 * dx[i] = sum over j >= i of dy[j] y[j] / x[i].  Behind the first zero all products are 0; for that zero itself the products are taken
 * without it.
 */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  gint                 axis = (gint)self->attrs[0].i;
  TlTensor            *x = self->in[0], *dy = self->dy[0];
  g_autoptr (TlTensor) zero = tl_map_text ("a == 0", error, 1, x);
  g_autoptr (TlTensor) count = zero != NULL ? tl_cumsum (zero, axis, error) : NULL;
  g_autoptr (TlTensor) first = tl_map_text ("and (a, b == 1)", error, 2, zero, count);
  g_autoptr (TlTensor) safe = tl_map_text ("select (b, 1, a)", error, 2, x, first);
  g_autoptr (TlTensor) others = safe != NULL ? tl_op_apply1 (&tl_op_cumprod, &safe, 1, self->attrs, error) : NULL;
  g_autoptr (TlTensor) weighted = tl_map_text ("a * b", error, 2, dy, self->out[0]);
  g_autoptr (TlTensor) weighted_others = tl_map_text ("a * b", error, 2, dy, others);
  g_autoptr (TlTensor) sum = weighted != NULL ? tl_scan_backwards (weighted, axis, error) : NULL;
  g_autoptr (TlTensor) sum_others = weighted_others != NULL ? tl_scan_backwards (weighted_others, axis, error) : NULL;

  self->dx[0] = tl_map_text ("select (c == 0, b / select (a == 0, 1, a), select (d, e, 0))", error, 5, x, sum, count, first, sum_others);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_cumprod = {
  .name = "cumprod",
  .group = "reduction",
  .doc = "Running products along an axis.",
  .formula = "y[i] = x[0] ... x[i]",
  .source = "elementary",
  .in = tl_scan_ports,
  .attrs = tl_scan_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_scan_infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_scan_samples,
  .torch = "torch.cumprod(x0, dim)",
};
