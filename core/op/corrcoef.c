/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/cov.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue diagonal[] = { TL_INT (0), TL_INT (0), TL_INT (1) };
  TlTensor         *c, *d;
  TlFormula         f;

  tl_formula_init (&f, error);
  c = tl_formula_apply (&f, &tl_op_cov, NULL, 1, self->in[0]);
  if (self->in[0]->meta.rank < 2)
    return tl_formula_into (&f, tl_formula_map (&f, "a / a", 1, c), &self->dx[0]);
  d = tl_formula_map (&f, "sqrt (a)", 1, tl_formula_apply (&f, &tl_op_diagonal, diagonal, 1, c));
  c = tl_formula_map (&f, "a / (b * c)", 3, c, tl_formula_unsqueeze (&f, d, 1), tl_formula_unsqueeze (&f, d, 0));
  return tl_formula_into (&f, tl_formula_map (&f, "min (max (a, -1), 1)", 1, c), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,5", .kinks = "" },
  { "2,7" },
  { "6" },
  { NULL },
};

const TlOpClass tl_op_corrcoef = {
  .name = "corrcoef",
  .group = "reduction",
  .doc = "Correlations of variables, one a row of observations.",
  .formula = "y[i, j] = cov[i, j] / sqrt (cov[i, i] cov[j, j])",
  .source = "elementary",
  .in = tl_cov_ports,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_cov_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.corrcoef(x0)",
};
