/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlDim         shape[2 * TL_TENSOR_MAX_RANK];
  guint         rank = 0;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK / 2 + 1, error) ||
      !tl_infer_need_rank (self, 1, 1, TL_TENSOR_MAX_RANK / 2 + 1, error))
    return FALSE;
  if (a->shape[a->rank - 1] != b->shape[b->rank - 1]) {
    g_autofree char *left = tl_shape_to_string (a->shape, a->rank);
    g_autofree char *right = tl_shape_to_string (b->shape, b->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the last axes of %s and %s differ", left, right);
  }
  for (guint i = 0; i + 1 < a->rank; i++)
    shape[rank++] = a->shape[i];
  for (guint i = 0; i + 1 < b->rank; i++)
    shape[rank++] = b->shape[i];
  tl_infer_out (self, 0, a->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlMeta    out;
  TlTensor *rows[2];
  TlFormula f;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  tl_formula_init (&f, error);
  for (guint i = 0; i < 2; i++) {
    const TlMeta *meta = &self->in[i]->meta;
    TlDim         shape[2] = { 1, meta->shape[meta->rank - 1] };

    for (guint j = 0; j + 1 < meta->rank; j++)
      shape[0] = tl_dim_mul (shape[0], meta->shape[j]);
    rows[i] = tl_formula_reshape (&f, self->in[i], 2, shape);
  }
  return tl_formula_into (&f, tl_formula_reshape (&f, tl_formula_matmul (&f, rows[0], tl_formula_transpose (&f, rows[1])), out.rank, out.shape), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3; 3" },
  { "2,3; 4,3" },
  { "2,2,3; 3" },
  { "0,3; 2,3" },
  { NULL },
};

const TlOpClass tl_op_inner = {
  .name = "inner",
  .group = "linear algebra",
  .doc = "Products of all rows of two tensors: sums over the last axis of both.",
  .formula = "y[i, j] = sum over k of a[i, k] b[j, k]",
  .source = "elementary",
  .in = tl_ports_a_b,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.inner(x0, x1)",
};
