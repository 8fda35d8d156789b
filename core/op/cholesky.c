/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlAttrSpec attrs[] = { { "upper", "whether the upper factor is wanted", TL_ATTR_BOOL }, { NULL } };

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
  TlLinalgArgs *args = tl_linalg_prepare (self, TL_LINALG_CHOLESKY, 2, error);

  if (args != NULL)
    args->upper = self->attrs[0].i != 0;
  return args != NULL;
}

/* With half (x) the lower triangle and half the diagonal: da = l'^-1 half (l' dl) l^-1, of which one triangle was read. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  gboolean  upper = self->attrs[0].i != 0;
  TlTensor *l = self->out[0], *dl = self->dy[0], *inner;
  TlFormula f;

  tl_formula_init (&f, error);
  l = upper ? tl_formula_transpose (&f, l) : l;
  dl = tl_formula_triangle (&f, upper ? tl_formula_transpose (&f, dl) : dl, FALSE, 0);
  inner = tl_formula_matmul (&f, tl_formula_transpose (&f, l), dl);
  inner = tl_formula_map (&f, "0.5 * (a + b)", 2, tl_formula_triangle (&f, inner, FALSE, 0), tl_formula_triangle (&f, inner, FALSE, -1));
  inner = tl_linalg_triangular (&f, tl_formula_transpose (&f, l), inner, TRUE, TRUE, FALSE);
  inner = tl_linalg_triangular (&f, l, inner, FALSE, FALSE, FALSE);
  return tl_formula_into (&f, tl_linalg_fold (&f, inner, upper), &self->dx[0]);
}

/* Values around 1 with a large diagonal in front are positive definite. */
static const TlSample samples[] = {
  { "2,2", .special = "3 0.5 0.5 2" },
  { "3,3", "upper = true", .special = "4 1 0.5 1 3 -1 0.5 -1 5" },
  { "2,2,2", .special = "3 0.5 0.5 2 1 -0.25 -0.25 2" },
  { "1,1", .low = 0.5, .high = 2 },
  { "0,0" },
  { "0,3,3" },
  { NULL },
};

const TlOpClass tl_op_cholesky = {
  .name = "cholesky",
  .group = "linear algebra",
  .doc = "Triangular factors of symmetric positive definite matrices; any other is an error. Only the triangle that is wanted is read, and only it gets a gradient.",
  .formula = "y y' = a, or y' y = a",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Murray 2016, arXiv:1602.07527",
  .in = tl_linalg_square_ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.cholesky(x0, upper=upper)",
};
