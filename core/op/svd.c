/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlPort out_ports[] = {
  { "u", "`[..., m, k]`, left vectors as columns; k is the smaller of m and n" },
  { "s", "`[..., k]`, singular values, falling" },
  { "vh", "`[..., k, n]`, right vectors as rows" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];
  TlDim         m, n, k;

  if (!tl_linalg_check (self, 0, FALSE, error))
    return FALSE;
  m = a->shape[a->rank - 2];
  n = a->shape[a->rank - 1];
  k = tl_dim_min (m, n);
  tl_linalg_infer_out (self, 0, 2, m, k);
  tl_linalg_infer_out (self, 1, 1, k, 0);
  tl_linalg_infer_out (self, 2, 2, k, n);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_linalg_prepare (self, TL_LINALG_SVD, 2, error) != NULL;
}

/* (v' dv - dv' v) / (s_j^2 - s_i^2), and what of dv lies outside the vectors, over s, if there is an outside. */
static void
turn (TlFormula *f,
      TlTensor  *v,
      TlTensor  *dv,
      TlTensor  *s,
      TlTensor  *gaps,
      TlTensor **inner,
      TlTensor **outside)
{
  const TlMeta *meta = &v->meta;
  TlTensor     *product = tl_formula_matmul (f, tl_formula_transpose (f, v), dv), *inverse;

  *inner = tl_formula_map (f, "(a - b) * c", 3, product, tl_formula_transpose (f, product), gaps);
  *outside = NULL;
  if (meta->shape[meta->rank - 2] == meta->shape[meta->rank - 1])
    return;
  inverse = tl_formula_unsqueeze (f, tl_formula_map (f, "select (a == 0, 0, 1) / select (a == 0, 1, a)", 1, s), -2);
  *outside = tl_formula_map (f, "(a - b) * c", 3, dv, tl_formula_matmul (f, v, product), inverse);
}

static TlTensor *
add (TlFormula *f,
     TlTensor  *a,
     TlTensor  *b)
{
  return a == NULL ? b : b == NULL ? a
                                   : tl_formula_map (f, "a + b", 2, a, b);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *u = self->out[0], *s = self->out[1], *vh = self->out[2];
  TlTensor *inner, *sum = NULL, *out_u = NULL, *out_v = NULL, *gaps, *da;
  TlFormula f;

  tl_formula_init (&f, error);
  gaps = self->dy[0] != NULL || self->dy[2] != NULL ? tl_linalg_gaps (&f, "b * b - a * a", s) : NULL;
  if (self->dy[1] != NULL)
    sum = tl_linalg_diag (&f, self->dy[1]);
  if (self->dy[0] != NULL) {
    turn (&f, u, self->dy[0], s, gaps, &inner, &out_u);
    sum = add (&f, sum, tl_formula_map (&f, "a * b", 2, inner, tl_formula_unsqueeze (&f, s, -2)));
  }
  if (self->dy[2] != NULL) {
    TlTensor *v = tl_formula_transpose (&f, vh);

    if (v != NULL)
      turn (&f, v, tl_formula_transpose (&f, self->dy[2]), s, gaps, &inner, &out_v);
    sum = add (&f, sum, v != NULL ? tl_formula_map (&f, "a * b", 2, inner, tl_formula_unsqueeze (&f, s, -1)) : NULL);
  }
  da = tl_formula_matmul (&f, tl_formula_matmul (&f, u, sum), vh);
  if (out_u != NULL)
    da = add (&f, da, tl_formula_matmul (&f, out_u, vh));
  if (out_v != NULL)
    da = add (&f, da, tl_formula_matmul (&f, u, tl_formula_transpose (&f, out_v)));
  return tl_formula_into (&f, da, &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "4,2" }, { "2,3" }, { "2,2,3" }, { "1,1", .low = 0.5, .high = 2 }, { "0,2" }, { "2,0,3" }, { NULL } };

const TlOpClass tl_op_svd = {
  .name = "svd",
  .group = "linear algebra",
  .doc = "Singular values and vectors of matrices, the reduced form. Of each pair of vectors the sign is such that the largest component of the left one is "
         "positive. Vectors of equal values are determined up to a rotation: a gradient is right only for what does not depend on that.",
  .formula = "a = u diag (s) vh, u' u = vh vh' = 1",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Townsend 2016, Differentiating the singular value decomposition",
  .in = tl_linalg_ports,
  .out = out_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "(lambda u, s, vh: (lambda g: (u * g[..., None, :], s, vh * g[..., :, None]))(torch.gather(u, -2, u.abs().argmax(-2, keepdim=True)).sign().squeeze(-2)) "
           "if x0.numel() else (u, s, vh))(*torch.linalg.svd(x0, full_matrices=False))",
};
