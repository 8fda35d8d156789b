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
decompose (TlGradient *self,
           GError    **error)
{
  TlFormula f;

  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_linalg_solve (&f, self->in[0], tl_linalg_identity (&f, self->in[0])), &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "2,2,2" }, { "1,1", .low = 0.5, .high = 2 }, { "0,0" }, { "0,2,2" }, { NULL } };

const TlOpClass tl_op_inverse = {
  .name = "inverse",
  .group = "linear algebra",
  .doc = "Inverses of matrices; a singular one is an error. To solve equations, solve is faster and more exact.",
  .formula = "y a = a y = 1",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Giles 2008, Collected matrix derivative results",
  .in = tl_linalg_square_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.inv(x0)",
};
