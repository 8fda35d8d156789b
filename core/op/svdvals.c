/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];

  if (!tl_linalg_check (self, 0, FALSE, error))
    return FALSE;
  tl_linalg_infer_out (self, 0, 1, tl_dim_min (a->shape[a->rank - 2], a->shape[a->rank - 1]), 0);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor *u, *s = NULL, *vh;
  TlFormula f;

  tl_formula_init (&f, error);
  tl_linalg_svd (&f, self->in[0], &u, &s, &vh);
  return tl_formula_into (&f, s, &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "2,4,2" }, { "1,1", .low = 0.5, .high = 2 }, { "0,3" }, { "0,2,2" }, { NULL } };

const TlOpClass tl_op_svdvals = {
  .name = "svdvals",
  .group = "linear algebra",
  .doc = "Singular values of matrices, falling.",
  .formula = "y = the roots of the eigenvalues of a' a",
  .source = "Anderson et al. 1999, LAPACK Users' Guide",
  .in = tl_linalg_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.svdvals(x0)",
};
