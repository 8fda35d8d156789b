/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "core/op/linalg-common.h"

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
  tl_linalg_infer_out (self, 0, 2, a->shape[a->rank - 1], a->shape[a->rank - 2]);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlLinalgArgs *args = tl_linalg_prepare (self, TL_LINALG_PINV, 2, error);

  if (args == NULL)
    return FALSE;
  args->rcond = self->attrs[0].d;
  if (args->rcond < 0)
    args->rcond = MAX (args->m, args->n) * (args->dtype == TL_DTYPE_F32 ? (double)FLT_EPSILON : DBL_EPSILON);
  return TRUE;
}

/* With y the inverse and g the turned gradient: -(y g y)' + (1 - a y)' g' ... in the order of fewer products; right also where a has no full rank. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *a = self->in[0], *y = self->out[0], *g, *turned, *k, *ky, *first, *third, *rest;
  TlDim     rows = a->meta.shape[a->meta.rank - 2];
  gboolean  is_wide = tl_dim_min (rows, a->meta.shape[a->meta.rank - 1]) == rows;
  TlFormula f;

  tl_formula_init (&f, error);
  g = tl_formula_transpose (&f, self->dy[0]);
  turned = tl_formula_transpose (&f, y);
  if (is_wide) {
    k = tl_formula_matmul (&f, g, y);
    ky = tl_formula_matmul (&f, k, turned);
    first = tl_formula_transpose (&f, tl_formula_matmul (&f, y, k));
    third = tl_formula_matmul (&f, tl_formula_matmul (&f, a, y), ky);
    rest = tl_formula_map (&f, "a - b", 2, g, tl_formula_matmul (&f, k, a));
    rest = tl_formula_matmul (&f, tl_formula_matmul (&f, turned, y), rest);
    rest = tl_formula_map (&f, "b - a - c + d", 4, first, ky, third, rest);
  } else {
    k = tl_formula_matmul (&f, y, g);
    ky = tl_formula_matmul (&f, turned, k);
    first = tl_formula_transpose (&f, tl_formula_matmul (&f, k, y));
    third = tl_formula_matmul (&f, tl_formula_matmul (&f, ky, y), a);
    rest = tl_formula_map (&f, "a - b", 2, g, tl_formula_matmul (&f, a, k));
    rest = tl_formula_matmul (&f, tl_formula_matmul (&f, rest, y), turned);
    rest = tl_formula_map (&f, "b - a - c + d", 4, first, ky, third, rest);
  }
  return tl_formula_into (&f, rest, &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,3" },
  { "4,2" },
  { "2,2,3" },
  { "3,3", "rtol = 0.3" },
  { "1,1", .low = 0.5, .high = 2 },
  { "2,0" },
  { "0,3" },
  { NULL },
};

const TlOpClass tl_op_pinv = {
  .name = "pinv",
  .group = "linear algebra",
  .doc = "Moore-Penrose inverses of matrices.",
  .formula = "y = v diag (1 / s) u', with a = u diag (s) v'",
  .source = "Penrose 1955, doi:10.1017/S0305004100030401; gradient: Golub & Pereyra 1973, doi:10.1137/0710036",
  .in = tl_linalg_ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.pinv(x0, rtol=rtol) if rtol >= 0 else torch.linalg.pinv(x0)",
};
