/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"

static const TlPort ports[] = {
  { "x", "any tensor of one axis at least" },
  { "index", "positions `[n]`, i64, i32 or u8", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "value", "the number", TL_ATTR_FLOAT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  guint axis;

  return tl_index_check (self, &axis, error) && tl_infer_same (self, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const TlDim one[TL_TENSOR_MAX_RANK] = { 1, 1, 1, 1, 1, 1, 1, 1 };
  const TlMeta      *x = &self->in[0]->meta;
  TlFormula          f;

  tl_formula_init (&f, error);
  return tl_index_scatter (self, &f, tl_formula_full (&f, x->rank, one, self->attrs[1].d, x->dtype));
}

static const TlSample samples[] = {
  { "5; i64:2<5", "dim = 0, value = 2" },
  { "3,4; i64:1<4", "dim = 1" },
  { "i64:2,3; i32:2<3", "dim = -1, value = 7" },
  { "3,2; i64:0<3", "dim = 0, value = 1" },
  { NULL },
};

const TlOpClass tl_op_index_fill = {
  .name = "index_fill",
  .group = "index",
  .doc = "One number at positions along an axis.",
  .formula = "y = x, then y[index[j]] = value along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.index_fill(x0, dim, x1.long(), value)",
};
