/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_linalg_check (self, 0, TRUE, error))
    return FALSE;
  tl_linalg_infer_out (self, 0, 0, 0, 0);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_linalg_prepare (self, TL_LINALG_DET, 0, error) != NULL;
}

static TlTensor *
as_matrix (TlFormula *f,
           TlTensor  *a)
{
  return tl_formula_unsqueeze (f, tl_formula_unsqueeze (f, a, -1), -1);
}

/* The cofactors, which exist for singular matrices too. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlFormula f;
  TlTensor *da;

  tl_formula_init (&f, error);
  da = tl_formula_map (&f, "a * b", 2, as_matrix (&f, self->dy[0]), tl_formula_apply (&f, &tl_op_cofactor, NULL, 1, self->in[0]));
  return tl_formula_into (&f, da, &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "2,2,2" }, { "1,1" }, { "0,0" }, { "2,0,0" }, { "0,2,2" }, { NULL } };

const TlOpClass tl_op_det = {
  .name = "det",
  .group = "linear algebra",
  .doc = "Determinants of matrices.",
  .formula = "y = det a",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Magnus & Neudecker 1988, Matrix Differential Calculus",
  .in = tl_linalg_square_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Det", 11 },
  .torch = "torch.linalg.det(x0)",
};
