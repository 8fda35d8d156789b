/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlAttrSpec attrs[] = {
  { "dx", "distance of points", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis, rank = 0;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_axis (self, self->attrs[1].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    if (i != axis)
      shape[rank++] = x->shape[i];
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint      axis = (gint)tl_axis (self->attrs[1].i, self->in[0]->meta.rank);
  TlDim     n = self->in[0]->meta.shape[axis];
  TlTensor *x = self->in[0], *pairs;
  TlFormula f;

  tl_formula_init (&f, error);
  if (n == 0 || n == 1)
    return tl_formula_into (&f, tl_formula_number (&f, "a * b", tl_formula_sum (&f, x, &axis, 1, FALSE), 0), &self->dx[0]);
  pairs = tl_formula_map (&f, "a + b", 2, tl_formula_narrow (&f, x, axis, 0, tl_dim_sub (n, 1)), tl_formula_narrow (&f, x, axis, 1, tl_dim_sub (n, 1)));
  return tl_formula_into (&f, tl_formula_number (&f, "a * b", tl_formula_sum (&f, pairs, &axis, 1, FALSE), self->attrs[0].d / 2), &self->dx[0]);
}

static const TlSample samples[] = {
  { "5" },
  { "2,4", "dx = 0.5" },
  { "3,2", "dim = 0" },
  { "1" },
  { "0,3" },
  { NULL },
};

const TlOpClass tl_op_trapezoid = {
  .name = "trapezoid",
  .group = "reduction",
  .doc = "Areas under a line through points of one distance along an axis.",
  .formula = "y = dx (x[0] / 2 + x[1] + ... + x[n - 1] / 2)",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.trapezoid(x0, dx=dx, dim=dim)",
};
