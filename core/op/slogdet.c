/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlPort out_ports[] = { { "sign", "-1, 0 or 1", TL_PORT_NODIFF }, { "logabsdet", "logarithm of the absolute value" }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_linalg_check (self, 0, TRUE, error))
    return FALSE;
  tl_linalg_infer_out (self, 0, 0, 0, 0);
  tl_linalg_infer_out (self, 1, 0, 0, 0);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_linalg_prepare (self, TL_LINALG_SLOGDET, 0, error) != NULL;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlFormula f;
  TlTensor *dy, *inverse;

  if (self->dy[1] == NULL)
    return TRUE;
  tl_formula_init (&f, error);
  dy = tl_formula_unsqueeze (&f, tl_formula_unsqueeze (&f, self->dy[1], -1), -1);
  inverse = tl_formula_apply (&f, &tl_op_inverse, NULL, 1, self->in[0]);
  return tl_formula_into (&f, tl_formula_map (&f, "a * b", 2, dy, tl_formula_transpose (&f, inverse)), &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "2,2,2" }, { "1,1", .low = 0.5, .high = 2 }, { "0,0" }, { "2,0,0" }, { NULL } };

const TlOpClass tl_op_slogdet = {
  .name = "slogdet",
  .group = "linear algebra",
  .doc = "Sign and logarithm of the absolute value of determinants, which do not overflow; 0 and minus infinity for a singular matrix.",
  .formula = "det a = sign exp (logabsdet)",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Magnus & Neudecker 1988, Matrix Differential Calculus",
  .in = tl_linalg_square_ports,
  .out = out_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.slogdet(x0)",
};
