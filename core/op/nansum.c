/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_reduce_infer (self, TL_REDUCE_SUM, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_reduce_axes (self, axes);
  gboolean             keep = self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0;
  g_autoptr (TlTensor) numbers = tl_map_text ("select (a == a, a, 0)", error, 1, self->in[0]);

  if (numbers != NULL)
    self->dx[0] = n > 0 ? tl_sum (numbers, axes, n, keep, error) : tl_tensor_ref (numbers);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4" },
  { "f32:3,4", "dim = {0}", .special = "nan 1 nan" },
  { "f32:2,3,4", "dim = {0, -1}, keepdim = true", .special = "nan" },
  { "" },
  { NULL },
};

const TlOpClass tl_op_nansum = {
  .name = "nansum",
  .group = "reduction",
  .doc = "Sum over axes of the elements that are not NaN.",
  .formula = "y = sum of x over dim without NaN",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.nansum(x0, dim if dim else None, keepdim)",
};
