/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlPort out_ports[] = { { "q", "`[..., m, k]`, columns of length 1 at right angles" }, { "r", "`[..., k, n]`, upper triangles; k is the smaller of m and n" }, { NULL } };

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
  tl_linalg_infer_out (self, 1, 2, k, n);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_linalg_prepare (self, TL_LINALG_QR, 2, error) != NULL;
}

/* Of a tall matrix: (dq + q sym (r dr' - dq' q)) r'^-1, where sym () repeats the lower triangle above the diagonal. */
static TlTensor *
tall (TlFormula *f,
      TlTensor  *q,
      TlTensor  *r,
      TlTensor  *dq,
      TlTensor  *dr)
{
  TlTensor *inner = NULL, *part;

  if (dr != NULL)
    inner = tl_formula_matmul (f, r, tl_formula_transpose (f, tl_formula_triangle (f, dr, TRUE, 0)));
  if (dq != NULL) {
    part = tl_formula_matmul (f, tl_formula_transpose (f, dq), q);
    inner = inner != NULL ? tl_formula_map (f, "a - b", 2, inner, part) : tl_formula_map (f, "-a", 1, part);
  }
  part = tl_formula_transpose (f, tl_formula_triangle (f, inner, FALSE, -1));
  inner = tl_formula_matmul (f, q, tl_formula_map (f, "a + b", 2, tl_formula_triangle (f, inner, FALSE, 0), part));
  inner = dq != NULL ? tl_formula_map (f, "a + b", 2, dq, inner) : inner;
  return tl_linalg_triangular (f, tl_formula_transpose (f, r), inner, FALSE, FALSE, FALSE);
}

/* a = [x, y], r = [u, v]: x = q u, v = q' y. */
static TlTensor *
wide (TlFormula *f,
      TlTensor  *a,
      TlTensor  *q,
      TlTensor  *r,
      TlTensor  *dq,
      TlTensor  *dr)
{
  TlDim     m = q->meta.shape[q->meta.rank - 1], more = tl_dim_sub (a->meta.shape[a->meta.rank - 1], m);
  TlTensor *y = tl_formula_narrow (f, a, -1, m, more), *parts[2], *dv, *part;

  if (dr == NULL)
    dr = tl_formula_map (f, "0 * a", 1, r);
  dv = tl_formula_narrow (f, dr, -1, m, more);
  part = tl_formula_matmul (f, y, tl_formula_transpose (f, dv));
  dq = dq != NULL ? tl_formula_map (f, "a + b", 2, dq, part) : part;
  parts[0] = tall (f, q, tl_formula_narrow (f, r, -1, 0, m), dq, tl_formula_narrow (f, dr, -1, 0, m));
  parts[1] = tl_formula_matmul (f, q, dv);
  return tl_formula_concat (f, -1, 2, parts);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta *a = &self->in[0]->meta;
  TlDim         m = a->shape[a->rank - 2], n = a->shape[a->rank - 1];
  gboolean      is_wide = m != n && tl_dim_min (m, n) == m;
  TlFormula     f;
  TlTensor     *da;

  tl_formula_init (&f, error);
  da = is_wide ? wide (&f, self->in[0], self->out[0], self->out[1], self->dy[0], self->dy[1])
               : tall (&f, self->out[0], self->out[1], self->dy[0], self->dy[1]);
  return tl_formula_into (&f, da, &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "4,2" }, { "2,4" }, { "2,3,2" }, { "1,1", .low = 0.5, .high = 2 }, { "3,0" }, { "0,2" }, { NULL } };

const TlOpClass tl_op_qr = {
  .name = "qr",
  .group = "linear algebra",
  .doc = "Orthogonal and triangular factors of matrices, the reduced form. The first k columns must be independent for a gradient.",
  .formula = "a = q r, q' q = 1",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Walter & Lehmann 2012, arXiv:1009.6112; Roberts & Roberts 2020, arXiv:2009.10071",
  .in = tl_linalg_ports,
  .out = out_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.qr(x0)",
};
