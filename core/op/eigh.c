/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlPort     out_ports[] = { { "values", "`[..., n]`, rising" }, { "vectors", "`[..., n, n]`, eigenvectors of length 1 as columns" }, { NULL } };
static const TlAttrSpec attrs[] = { { "upper", "whether the upper triangle is read, else the lower one", TL_ATTR_BOOL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];
  TlDim         n;

  if (!tl_linalg_check (self, 0, TRUE, error))
    return FALSE;
  n = a->shape[a->rank - 1];
  tl_linalg_infer_out (self, 0, 1, n, 0);
  tl_linalg_infer_out (self, 1, 2, n, n);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlLinalgArgs *args = tl_linalg_prepare (self, TL_LINALG_EIGH, 1, error);

  if (args != NULL)
    args->upper = self->attrs[0].i != 0;
  return args != NULL;
}

/* q (diag (dl) + (q' dq) / (l_j - l_i)) q', of which one triangle was read. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *l = self->out[0], *q = self->out[1], *inner = NULL, *turned;
  TlFormula f;

  tl_formula_init (&f, error);
  turned = tl_formula_transpose (&f, q);
  if (self->dy[0] != NULL)
    inner = tl_linalg_diag (&f, self->dy[0]);
  if (self->dy[1] != NULL) {
    TlTensor *part = tl_formula_map (&f, "a * b", 2, tl_formula_matmul (&f, turned, self->dy[1]), tl_linalg_gaps (&f, "b - a", l));

    inner = inner != NULL ? tl_formula_map (&f, "a + b", 2, inner, part) : part;
  }
  inner = tl_formula_matmul (&f, tl_formula_matmul (&f, q, inner), turned);
  return tl_formula_into (&f, tl_linalg_fold (&f, inner, self->attrs[0].i != 0), &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "3,3", "upper = true" }, { "2,2,2" }, { "1,1" }, { "0,0" }, { "0,2,2" }, { NULL } };

const TlOpClass tl_op_eigh = {
  .name = "eigh",
  .group = "linear algebra",
  .doc = "Eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read and gets the gradient. The largest component of each "
         "vector is positive. Vectors of equal values are determined up to a rotation: a gradient is right only for what does not depend on that.",
  .formula = "a = q diag (l) q', q' q = 1",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Magnus 1985, doi:10.1017/S0266466600011129; Giles 2008",
  .in = tl_linalg_square_ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "(lambda l, q: (l, q * torch.gather(q, -2, q.abs().argmax(-2, keepdim=True)).sign()) if x0.numel() else (l, q))"
           "(*torch.linalg.eigh(x0, UPLO='U' if upper else 'L'))",
};
