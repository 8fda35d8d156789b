/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/sort-common.h"

enum { K,
       DIM,
       KEEPDIM };

static const TlAttrSpec attrs[] = {
  { "k", "which one, counted from 1", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  TL_SORT_DIM,
  { "keepdim", "whether the axis stays, with size 1", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         size;

  if (!tl_sort_check (self, self->attrs[DIM].i, error))
    return FALSE;
  size = x->rank > 0 ? x->shape[tl_axis (self->attrs[DIM].i, x->rank)] : 1;
  if (!tl_dim_is_symbolic (size) && self->attrs[K].i > size)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "k = %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " elements", self->attrs[K].i, size);
  return tl_sort_infer_like (self, self->attrs[DIM].i, 1, self->attrs[KEEPDIM].i != 0, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) values = NULL;
  g_autoptr (TlTensor) indices = NULL;

  return tl_sort_part (self->in[0], self->attrs[DIM].i, FALSE, self->attrs[K].i - 1, 1, &values, &indices, error) &&
         tl_sort_pick (values, indices, self->attrs[DIM].i, 0, self->attrs[KEEPDIM].i != 0, self->dx, error);
}

static const TlSample samples[] = { { "7", "k = 3" }, { "3,5", "k = 2, dim = 0" }, { "2,3,4", "k = 1, dim = -2, keepdim = true" }, { "", "k = 1" }, { NULL } };

const TlOpClass tl_op_kthvalue = {
  .name = "kthvalue",
  .group = "sorting",
  .doc = "The k-th smallest element along an axis, and where it is.",
  .formula = "values = x in rising order, at k - 1",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_sort_out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.kthvalue(x0, k, dim, keepdim)",
};
