/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_reduce_infer (self, TL_REDUCE_ALL, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_ALL, error);
}

/**
 * tl_all:
 * @x: any tensor
 * @axes: (array length=n_axes) (nullable): axes to reduce, from the end if negative
 * @n_axes: their number; 0 for all
 * @keepdim: whether reduced axes stay, with size 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: (transfer full): bool tensor, or %NULL
 */
TlTensor *
tl_all (TlTensor   *x,
        const gint *axes,
        guint       n_axes,
        gboolean    keepdim,
        GError    **error)
{
  return tl_reduce_apply (&tl_op_all, x, axes, n_axes, keepdim, error);
}

static const TlSample samples[] = { { "bool:3,4" }, { "bool:3,4", "dim = {0}" }, { "i64:2,3,4<2", "dim = {-1}, keepdim = true" }, { "3" }, { "bool:0" }, { NULL } };

const TlOpClass tl_op_all = {
  .name = "all",
  .group = "reduction",
  .doc = "Whether all elements differ from zero.",
  .formula = "y = all x != 0 over dim",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
  .torch = "x0.all(dim, keepdim) if dim else x0.all()",
};
