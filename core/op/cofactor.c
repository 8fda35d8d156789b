/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_linalg_check (self, 0, TRUE, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_linalg_prepare (self, TL_LINALG_COFACTOR, 2, error) != NULL;
}

/* With k = a'^-1 and y = det (a) k: da = (sum (dy y) k - y dy' k); a singular matrix has none here. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  static const gint both[] = { -2, -1 };
  TlTensor         *k, *sum, *part, *inverse;
  TlFormula         f;

  tl_formula_init (&f, error);
  inverse = tl_formula_apply (&f, &tl_op_inverse, NULL, 1, self->in[0]);
  k = tl_formula_transpose (&f, inverse);
  sum = tl_formula_sum (&f, tl_formula_map (&f, "a * b", 2, self->dy[0], self->out[0]), both, 2, TRUE);
  part = tl_formula_matmul (&f, tl_formula_matmul (&f, self->out[0], tl_formula_transpose (&f, self->dy[0])), k);
  return tl_formula_into (&f, tl_formula_map (&f, "a * b - c", 3, sum, k, part), &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "2,2,2" }, { "1,1" }, { "0,0" }, { NULL } };

const TlOpClass tl_op_cofactor = {
  .name = "cofactor",
  .group = "linear algebra",
  .doc = "Determinants of matrices without one row and one column, signed: the gradient of the determinant.",
  .formula = "y = det (a) a'^-1",
  .source = "Magnus & Neudecker 1988, Matrix Differential Calculus",
  .in = tl_linalg_square_ports,
  .flags = TL_OP_UNCUTTABLE | TL_OP_INTERNAL,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.det(x0)[..., None, None] * torch.linalg.inv(x0).mT",
};
