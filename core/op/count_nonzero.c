/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axes to reduce, from the end if negative; none for all", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { "keepdim", "whether reduced axes stay, with size 1", TL_ATTR_BOOL },
  { NULL },
};
static const TlPort ports[] = { { "x", "any tensor", TL_PORT_NODIFF }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_reduce_infer (self, TL_REDUCE_SUM, error))
    return FALSE;
  self->out[0].dtype = TL_DTYPE_I64;
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_reduce_axes (self, axes);
  g_autoptr (TlTensor) zero = tl_tensor_new_number (0, TRUE);
  g_autoptr (TlTensor) mask = tl_ne (self->in[0], zero, error);

  if (mask != NULL)
    self->dx[0] = n > 0 ? tl_sum (mask, axes, n, self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0, error) : tl_cast (mask, TL_DTYPE_I64, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "i64:3,4<2" }, { "i64:3,4<3", "dim = {0}" }, { "bool:2,3,4", "dim = {0, -1}" }, { "2,3" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_count_nonzero = {
  .name = "count_nonzero",
  .group = "reduction",
  .doc = "Number of elements over axes that are not zero, NaN among them.",
  .formula = "y = number of x != 0 over dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.count_nonzero(x0, tuple(dim)) if dim else torch.count_nonzero(x0)",
};
