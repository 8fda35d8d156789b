/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlAttrSpec attrs[] = {
  { "k", "quarters, from the first axis to the second; the other way if negative", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = -1e9, .max = 1e9 },
  { "dims", "the two axes, from the end if negative", TL_ATTR_INTS, .def = { .n = 2, .v = { 0, 1 } }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         a, b;

  if (self->attrs[1].n != 2)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d axes given, 2 wanted", self->attrs[1].n);
  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error) || !tl_infer_axis (self, self->attrs[1].v[0], x->rank, &a, error) ||
      !tl_infer_axis (self, self->attrs[1].v[1], x->rank, &b, error))
    return FALSE;
  if (a == b)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %u is given twice", a);
  for (guint i = 0; i < x->rank; i++)
    shape[i] = self->attrs[0].i % 2 == 0 ? x->shape[i] : x->shape[i == a ? b : i == b ? a
                                                                                      : i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  guint             rank = self->in[0]->meta.rank;
  gint64            a = tl_axis (self->attrs[1].v[0], rank), b = tl_axis (self->attrs[1].v[1], rank), k = (self->attrs[0].i % 4 + 4) % 4;
  const TlAttrValue both[] = { TL_INTS2 (a, b) }, first[] = { TL_INTS1 (k == 1 ? b : a) };
  TlTensor         *y = self->in[0];
  TlFormula         f;

  tl_formula_init (&f, error);
  if (k == 2)
    y = tl_formula_apply (&f, &tl_op_flip, both, 1, y);
  if (k % 2 != 0) {
    y = tl_formula_apply (&f, &tl_op_flip, first, 1, y);
    y = f.has_failed ? NULL : tl_formula_keep (&f, tl_transpose (y, (gint)a, (gint)b, error));
  }
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = {
  { "2,3" },
  { "2,3", "k = 2" },
  { "2,3,4", "k = -1, dims = {0, 2}" },
  { "2,2", "k = 4" },
  { "i64:2,3", "k = 3" },
  { "0,3" },
  { NULL },
};

const TlOpClass tl_op_rot90 = {
  .name = "rot90",
  .group = "shape",
  .doc = "Tensors turned by quarter circles in the plane of two axes.",
  .formula = "y[i, j] = x[j, n - 1 - i] for a quarter",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.rot90(x0, k, dims)",
};
