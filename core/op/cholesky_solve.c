/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlPort ports[] = {
  { "b", "right sides `[..., n, k]`, f32 or f64", TL_PORT_CONTIGUOUS },
  { "l", "triangular factors `[..., n, n]` as cholesky gives them, same dtype", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { { "upper", "whether l is the upper factor", TL_ATTR_BOOL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta     *turned[] = { self->in[1], self->in[0] };
  const TlAttrValue values[] = { TL_INT (0), TL_INT (1), TL_INT (0) };
  TlInfer           solve = { &tl_op_solve_triangular, 2, turned, values, 1, self->out };

  return tl_op_solve_triangular.infer (&solve, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gboolean  upper = self->attrs[0].i != 0;
  TlFormula f;
  TlTensor *lower, *y;

  tl_formula_init (&f, error);
  lower = upper ? tl_formula_transpose (&f, self->in[1]) : self->in[1];
  y = tl_linalg_triangular (&f, lower, self->in[0], FALSE, TRUE, FALSE);
  return tl_formula_into (&f, tl_linalg_triangular (&f, tl_formula_transpose (&f, lower), y, TRUE, TRUE, FALSE), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,2; 3,3", .low = 0.5, .high = 1.5 },
  { "2,3,1; 2,3,3", "upper = true", .low = 0.5, .high = 1.5 },
  { "1,1; 1,1", .low = 0.5, .high = 1.5 },
  { "0,2; 0,0" },
  { NULL },
};

const TlOpClass tl_op_cholesky_solve = {
  .name = "cholesky_solve",
  .group = "linear algebra",
  .doc = "Solves systems of linear equations whose matrix was factored by cholesky.",
  .formula = "l l' y = b, or l' l y = b",
  .source = "Anderson et al. 1999, LAPACK Users' Guide",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.cholesky_solve(x0, torch.triu(x1) if upper else torch.tril(x1), upper)",
};
