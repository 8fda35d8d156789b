/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/sort-common.h"

enum { K,
       DIM,
       LARGEST };

static const TlAttrSpec attrs[] = {
  { "k", "how many", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 9.2e18 },
  TL_SORT_DIM,
  { "largest", "the largest elements, else the smallest", TL_ATTR_BOOL, .def = { .i = TRUE } },
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
  if (!tl_dim_is_symbolic (size) && self->attrs[K].i > size) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_VALUE, error, "k = %" G_GINT64_FORMAT " of the %" G_GINT64_FORMAT " elements of an axis of %s",
                          self->attrs[K].i, size, shape);
  }
  return tl_sort_infer_like (self, self->attrs[DIM].i, self->attrs[K].i, TRUE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_sort_part (self->in[0], self->attrs[DIM].i, self->attrs[LARGEST].i != 0, 0, self->attrs[K].i, &self->dx[0], &self->dx[1], error);
}

static const TlSample samples[] = { { "7", "k = 3" }, { "3,5", "k = 2, dim = 0" }, { "2,3,4", "k = 2, dim = -2, largest = false" }, { "4", "k = 0" }, { "", "k = 1" }, { NULL } };

const TlOpClass tl_op_topk = {
  .name = "topk",
  .group = "sorting",
  .doc = "The largest or smallest elements along an axis in order, and where they are.",
  .formula = "values = the first k of x in falling order",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_sort_out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "TopK", 11 },
  .torch = "torch.topk(x0, k, dim, largest)",
};
