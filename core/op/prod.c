/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_reduce_infer (self, TL_REDUCE_PROD, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_PROD, error);
}

/* The product of the other elements: where one element is 0, only that one has a gradient; where two are, none has. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_reduce_axes (self, axes);
  g_autoptr (TlTensor) zero = tl_map_text ("a == 0", error, 1, self->in[0]);
  g_autoptr (TlTensor) safe = tl_map_text ("select (a == 0, 1, a)", error, 1, self->in[0]);
  g_autoptr (TlTensor) zeros = NULL;
  g_autoptr (TlTensor) others = NULL;
  g_autoptr (TlTensor) count = NULL;
  g_autoptr (TlTensor) product = NULL;
  g_autoptr (TlTensor) dy = NULL;

  if (n == 0) {
    self->dx[0] = tl_tensor_ref (self->dy[0]);
    return TRUE;
  }
  zeros = zero != NULL ? tl_sum (zero, axes, n, TRUE, error) : NULL;
  others = safe != NULL ? tl_reduce_apply (&tl_op_prod, safe, axes, n, TRUE, error) : NULL;
  count = zeros != NULL ? tl_reduce_spread (self, zeros, error) : NULL;
  product = others != NULL ? tl_reduce_spread (self, others, error) : NULL;
  dy = product != NULL ? tl_reduce_spread (self, self->dy[0], error) : NULL;
  self->dx[0] = tl_map_text ("a * select (b == 0, c / d, select (and (b == 1, d != e), c, 0))", error, 5, dy, count, product, safe, self->in[0]);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4", "", .low = 0.5, .high = 2 },
  { "3,4", "dim = {0}", .low = 0.5, .high = 2 },
  { "2,3,4", "dim = {-1}, keepdim = true" },
  { "i64:5<4" },
  { "f32:5", .special = "0" },
  { "f32:6", .special = "0 0" },
  { "" },
  { "0" },
  { NULL },
};

const TlOpClass tl_op_prod = {
  .name = "prod",
  .group = "reduction",
  .doc = "Product over axes; of whole numbers in i64.",
  .formula = "y = product of x over dim",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "ReduceProd", 1 },
  .torch = "x0.prod(dim[0], keepdim) if dim else x0.prod()",
};
