/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "any tensor of one axis at least" },
  { "index", "positions `[n]`, i64, i32 or u8", TL_PORT_NODIFF },
  { "source", "slices, n along dim, same dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
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
  if (!tl_infer_need_same_dtype (self, 0, 2, error))
    return FALSE;
  for (guint i = 0; i <= x->rank; i++)
    if (self->in[2]->rank != x->rank || (i < x->rank && self->in[2]->shape[i] != (i == axis ? self->in[1]->shape[0] : x->shape[i]))) {
      g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
      g_autofree char *b = tl_shape_to_string (self->in[2]->shape, self->in[2]->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "source %s does not fit x %s and %" G_GINT64_FORMAT " positions along axis %u", b, a, self->in[1]->shape[0], axis);
    }
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *source = &self->in[2]->meta;
  guint         axis = tl_axis (self->attrs[0].i, source->rank);
  TlDim         shape[TL_TENSOR_MAX_RANK];
  TlTensor     *index;
  TlFormula     f;

  for (guint i = 0; i < source->rank; i++)
    shape[i] = i == axis ? source->shape[i] : 1;
  tl_formula_init (&f, error);
  index = tl_formula_expand (&f, tl_formula_reshape (&f, self->in[1], source->rank, shape), source->rank, source->shape);
  return tl_formula_into (&f, tl_formula_apply (&f, &tl_op_scatter, self->attrs, 3, self->in[0], index, self->in[2]), &self->dx[0]);
}

static const TlSample samples[] = {
  { "50; i64:2<50; 2", "dim = 0" },
  { "3,4; i64:1<4; 3,1", "dim = 1" },
  { "2,3,4; i32:1<3; 2,1,4", "dim = -2" },
  { "3,2; i64:0<3; 0,2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_index_copy = {
  .name = "index_copy",
  .group = "index",
  .doc = "Slices of a tensor put at positions along an axis; of equal positions the last one counts.",
  .formula = "y = x, then y[index[j]] = source[j] along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.index_copy(x0, dim, x1.long(), x2)",
};
