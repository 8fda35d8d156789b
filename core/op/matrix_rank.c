/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "core/op/linalg-common.h"

static const TlPort ports[] = { { "a", "matrices `[..., m, n]`, f32 or f64", TL_PORT_CONTIGUOUS | TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "rtol", "singular values up to this times the largest count as zeros; negative for the larger size times the epsilon of the dtype", TL_ATTR_FLOAT, .def = { .d = -1 }, .has_range = TRUE, .min = -1, .max = 1e300 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];

  if (!tl_linalg_check (self, 0, FALSE, error))
    return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_I64, a->rank - 2u, a->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const gint last[] = { -1 };
  const TlMeta     *a = &self->in[0]->meta;
  TlDim             m = a->shape[a->rank - 2], n = a->shape[a->rank - 1];
  double            epsilon = a->dtype == TL_DTYPE_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
  TlTensor         *u, *s, *vh, *counts, *limit;
  TlFormula         f;

  tl_formula_init (&f, error);
  if (tl_dim_min (m, n) == 0)
    return tl_formula_into (&f, tl_formula_full (&f, a->rank - 2u, a->shape, 0, TL_DTYPE_I64), &self->dx[0]);
  if (!tl_linalg_svd (&f, self->in[0], &u, &s, &vh))
    return tl_formula_into (&f, NULL, &self->dx[0]);
  limit = self->attrs[0].d < 0 ? tl_formula_number (&f, "a * b", tl_formula_size (&f, tl_dim_max (m, n), a->dtype), epsilon)
                               : tl_formula_keep (&f, tl_tensor_new_number (self->attrs[0].d, FALSE));
  counts = tl_formula_map (&f, "a > b * c", 3, s, tl_formula_narrow (&f, s, -1, 0, 1), limit);
  counts = tl_formula_sum (&f, tl_formula_cast (&f, counts, TL_DTYPE_I64), last, 1, FALSE);
  return tl_formula_into (&f, counts, &self->dx[0]);
}

static const TlSample samples[] = { { "3,4" }, { "2,3,3", "rtol = 0.5" }, { "1,1", .low = 0.5, .high = 2 }, { "2,2", .special = "1 2 2 4" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_matrix_rank = {
  .name = "matrix_rank",
  .group = "linear algebra",
  .doc = "Number of singular values that are not zero, but for rounding; i64.",
  .formula = "y = sum over i of (s_i > rtol max s)",
  .source = "Golub & Van Loan 2013, Matrix Computations, 5.4",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.matrix_rank(x0, rtol=rtol) if rtol >= 0 else torch.linalg.matrix_rank(x0)",
};
