/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { DIM,
       SIZES };

static const TlAttrSpec attrs[] = {
  { "dim", "axis that is taken apart, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "sizes", "sizes of the axes it becomes; one may be -1 and is then what is left", TL_ATTR_INTS, .required = TRUE, .alias = "unflattened_size" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  const TlDim  *sizes = self->attrs[SIZES].v;
  TlDim         shape[2 * TL_TENSOR_MAX_RANK], known = 1;
  guint         axis, n = (guint)self->attrs[SIZES].n, open = n;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[DIM].i, x->rank, &axis, error))
    return FALSE;
  if (n == 0 || x->rank - 1 + n > TL_TENSOR_MAX_RANK)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%u sizes for an axis of a tensor of %u axes", n, x->rank);
  for (guint i = 0; i < x->rank - 1 + n; i++)
    shape[i] = i < axis ? x->shape[i] : i < axis + n ? sizes[i - axis]
                                                     : x->shape[i + 1 - n];
  for (guint i = 0; i < n; i++)
    if (sizes[i] == TL_DIM_INVALID && open == n)
      open = i;
    else
      known = tl_dim_mul (known, sizes[i]);
  if (open < n && known != 0)
    shape[axis + open] = tl_dim_div_exact (x->shape[axis], known);
  if (open < n ? shape[axis + open] == TL_DIM_INVALID : known != x->shape[axis]) {
    g_autofree char *from = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *to = tl_shape_to_string (sizes, n);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s cannot become %s", axis, from, to);
  }
  tl_infer_out (self, 0, x->dtype, x->rank - 1 + n, shape);
  return TRUE;
}

static const TlSample samples[] = {
  { "2,6", "dim = 1, sizes = {2, 3}" },
  { "4,3", "dim = -2, sizes = {2, 2, 1}" },
  { "5", "dim = 0, sizes = {5}" },
  { "0,4", "dim = 1, sizes = {2, 2}" },
  { NULL },
};

const TlOpClass tl_op_unflatten = {
  .name = "unflatten",
  .group = "shape",
  .doc = "One axis taken apart into several.",
  .formula = "elements keep their row-major order",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = tl_decompose_reshape,
  .samples = samples,
  .torch = "torch.unflatten(x0, dim, sizes)",
};
