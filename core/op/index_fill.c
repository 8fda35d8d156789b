/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

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
  const TlMeta *x = self->in[0];
  guint         axis;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error) ||
      !tl_infer_need_index (self, 1, error) || !tl_infer_need_rank (self, 1, 1, 1, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  guint         axis = tl_axis (self->attrs[0].i, x->rank);
  TlDim         shape[TL_TENSOR_MAX_RANK], line[TL_TENSOR_MAX_RANK];
  TlTensor     *index;
  TlFormula     f;

  for (guint i = 0; i < x->rank; i++) {
    line[i] = i == axis ? self->in[1]->meta.shape[0] : 1;
    shape[i] = i == axis ? self->in[1]->meta.shape[0] : x->shape[i];
  }
  tl_formula_init (&f, error);
  index = tl_formula_expand (&f, tl_formula_reshape (&f, self->in[1], x->rank, line), x->rank, shape);
  return tl_formula_into (&f, tl_formula_apply (&f, &tl_op_scatter, self->attrs, 3, self->in[0], index, tl_formula_full (&f, x->rank, shape, self->attrs[1].d, x->dtype)),
                          &self->dx[0]);
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
