/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { REPEATS,
       DIM };

static const TlAttrSpec attrs[] = {
  { "repeats", "how often each element is repeated", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { "dim", "axis, from the end if negative; none takes the elements in row-major order", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis;

  if (self->attrs[DIM].n > 1)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d axes given, at most one wanted", self->attrs[DIM].n);
  if (self->attrs[DIM].n == 0) {
    shape[0] = tl_dim_mul (tl_meta_get_n_elements (x), self->attrs[REPEATS].i);
    tl_infer_out (self, 0, x->dtype, 1, shape);
    return TRUE;
  }
  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK - 1, error) ||
      !tl_infer_axis (self, self->attrs[DIM].v[0], x->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == axis ? tl_dim_mul (x->shape[i], self->attrs[REPEATS].i) : x->shape[i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  gboolean             flat = self->attrs[DIM].n == 0;
  guint                axis = flat ? 0 : tl_axis (self->attrs[DIM].v[0], x->rank);
  TlDim                shape[3] = { 1, self->attrs[REPEATS].i, 1 };
  TlMeta               out;
  g_autoptr (TlTensor) open = NULL;
  g_autoptr (TlTensor) many = NULL;

  for (guint i = 0; i < x->rank; i++)
    if (flat || i <= axis)
      shape[0] = tl_dim_mul (shape[0], x->shape[i]);
    else
      shape[2] = tl_dim_mul (shape[2], x->shape[i]);
  open = tl_reshape (self->in[0], 3, (TlDim[]){ shape[0], 1, shape[2] }, error);
  many = open != NULL ? tl_expand (open, 3, shape, error) : NULL;
  if (many == NULL || !tl_decompose_infer (self, &out, error))
    return FALSE;
  self->dx[0] = tl_reshape (many, out.rank, out.shape, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3", "repeats = 2" },
  { "2,3", "repeats = 3, dim = {0}" },
  { "2,3", "repeats = 2, dim = {-1}" },
  { "2,2", "repeats = 2" },
  { "", "repeats = 2" },
  { "0,2", "repeats = 2, dim = {1}" },
  { NULL },
};

const TlOpClass tl_op_repeat_interleave = {
  .name = "repeat_interleave",
  .group = "shape",
  .doc = "Every element several times, one behind the other.",
  .formula = "y[i] = x[floor (i / repeats)]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.repeat_interleave(x0, repeats, dim[0] if dim else None)",
};
