/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank = MAX (a->rank, b->rank);

  if (!tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 0, 0, TL_TENSOR_MAX_RANK / 2, error) ||
      !tl_infer_need_rank (self, 1, 0, TL_TENSOR_MAX_RANK / 2, error))
    return FALSE;
  for (guint i = 0; i < rank; i++)
    shape[i] = tl_dim_mul (i + a->rank < rank ? 1 : a->shape[i + a->rank - rank], i + b->rank < rank ? 1 : b->shape[i + b->rank - rank]);
  tl_infer_out (self, 0, a->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *a = &self->in[0]->meta, *b = &self->in[1]->meta;
  guint         rank = MAX (a->rank, b->rank);
  TlDim         left[TL_TENSOR_MAX_RANK], right[TL_TENSOR_MAX_RANK], shape[TL_TENSOR_MAX_RANK];
  TlFormula     f;

  for (guint i = 0; i < rank; i++) {
    left[2 * i] = i + a->rank < rank ? 1 : a->shape[i + a->rank - rank];
    right[2 * i + 1] = i + b->rank < rank ? 1 : b->shape[i + b->rank - rank];
    left[2 * i + 1] = right[2 * i] = 1;
    shape[i] = tl_dim_mul (left[2 * i], right[2 * i + 1]);
  }
  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_formula_reshape (&f, tl_formula_map (&f, "a * b", 2, tl_formula_reshape (&f, self->in[0], 2 * rank, left), tl_formula_reshape (&f, self->in[1], 2 * rank, right)), rank, shape),
                          &self->dx[0]);
}

static const TlSample samples[] = {
  { "2,3; 3,2" },
  { "2; 3,2" },
  { "2,2,1; 2" },
  { "; 3" },
  { "0,2; 2,2" },
  { NULL },
};

const TlOpClass tl_op_kron = {
  .name = "kron",
  .group = "linear algebra",
  .doc = "Kronecker products: each element of a times all of b.",
  .formula = "y[i m + k, j n + l] = a[i, j] b[k, l]",
  .source = "elementary",
  .in = tl_ports_a_b,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.kron(x0, x1)",
};
