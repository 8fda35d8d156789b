/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];

  if (!tl_linalg_check (self, 0, FALSE, error))
    return FALSE;
  if (a->shape[a->rank - 1] == 0 || a->shape[a->rank - 2] == 0) {
    g_autofree char *shape = tl_shape_to_string (a->shape, a->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has no singular values", shape);
  }
  tl_linalg_infer_out (self, 0, 0, 0, 0);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor *u, *s, *vh, *y = NULL;
  TlFormula f;

  tl_formula_init (&f, error);
  if (tl_linalg_svd (&f, self->in[0], &u, &s, &vh))
    y = tl_formula_map (&f, "a / b", 2, tl_formula_select (&f, s, -1, 0), tl_formula_select (&f, s, -1, tl_dim_sub (s->meta.shape[s->meta.rank - 1], 1)));
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = { { "3,3" }, { "2,3,2" }, { "1,1", .low = 0.5, .high = 2 }, { NULL } };

const TlOpClass tl_op_cond = {
  .name = "cond",
  .group = "linear algebra",
  .doc = "Condition numbers of matrices.",
  .formula = "y = max s / min s",
  .source = "Golub & Van Loan 2013, Matrix Computations, 2.6",
  .in = tl_linalg_ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.cond(x0)",
};
