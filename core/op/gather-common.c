/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"

const TlAttrSpec tl_gather_attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

const TlPort tl_scatter_ports[] = {
  { "x", "any tensor", TL_PORT_CONTIGUOUS },
  { "index", "positions along dim, i64, i32 or u8, from the end if negative", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "src", "an element for each index, same dtype as x", TL_PORT_CONTIGUOUS },
  { NULL },
};

const TlSample tl_scatter_samples[] = {
  { "5; i64:1<5; 1", "dim = 0" },
  { "3,4; i64:3,1<4; 3,1", "dim = 1" },
  { "4,3; i64:1,2<4; 1,2", "dim = 0" },
  { "2,3,4; i32:2,1,4<3; 2,1,4", "dim = -2" },
  { "2,2; i64:0,2<2; 0,2", "dim = 0" },
  { NULL },
};

/* Ranks are equal, and the index is nowhere larger than x but along the axis. */
gboolean
tl_gather_check (TlInfer *self,
                 GError **error)
{
  const TlMeta *x = self->in[0], *index = self->in[1];
  guint         axis;

  if (!tl_infer_need_index (self, 1, error) || !tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i <= x->rank; i++)
    if (index->rank != x->rank || (i < x->rank && i != axis && !tl_dim_is_symbolic (x->shape[i]) && index->shape[i] > x->shape[i])) {
      g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
      g_autofree char *b = tl_shape_to_string (index->shape, index->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "index %s does not fit %s along axis %u", b, a, axis);
    }
  return TRUE;
}

gboolean
tl_scatter_infer (TlInfer *self,
                  GError **error)
{
  if (!tl_gather_check (self, error) || !tl_infer_need_same_dtype (self, 0, 2, error))
    return FALSE;
  if (!tl_meta_same_shape (self->in[1], self->in[2])) {
    g_autofree char *index = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);
    g_autofree char *src = tl_shape_to_string (self->in[2]->shape, self->in[2]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "index is %s, src is %s", index, src);
  }
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

void
tl_gather_prepare (TlPrepare    *self,
                   TlScatterFold fold)
{
  TlGatherArgs *args = tl_prepare_args (self, TlGatherArgs);
  const TlMeta *x = self->in[0], *index = self->in[1];

  args->dtype = x->dtype;
  args->index_dtype = index->dtype;
  args->rank = MAX (x->rank, 1);
  args->axis = tl_axis (self->attrs[0].i, x->rank);
  args->fold = fold;
  args->x_shape[0] = args->index_shape[0] = 1;
  for (guint i = 0; i < x->rank; i++) {
    args->x_shape[i] = x->shape[i];
    args->index_shape[i] = index->shape[i];
  }
}

gboolean
tl_index_check (TlInfer *self,
                guint   *axis,
                GError **error)
{
  return tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) && tl_infer_axis (self, self->attrs[0].i, self->in[0]->rank, axis, error) &&
         tl_infer_need_index (self, 1, error) && tl_infer_need_rank (self, 1, 1, 1, error);
}

gboolean
tl_index_scatter (TlGradient *self,
                  TlFormula  *f,
                  TlTensor   *source)
{
  const TlMeta *x = &self->in[0]->meta, *index = &self->in[1]->meta;
  guint         axis = tl_axis (self->attrs[0].i, x->rank);
  TlDim         line[TL_TENSOR_MAX_RANK], shape[TL_TENSOR_MAX_RANK];
  TlTensor     *places;

  for (guint i = 0; i < x->rank; i++) {
    line[i] = i == axis ? index->shape[0] : 1;
    shape[i] = i == axis ? index->shape[0] : x->shape[i];
  }
  places = tl_formula_expand (f, tl_formula_reshape (f, self->in[1], x->rank, line), x->rank, shape);
  source = tl_formula_expand (f, source, x->rank, shape);
  return tl_formula_into (f, tl_formula_apply (f, &tl_op_scatter, self->attrs, 3, self->in[0], places, source), &self->dx[0]);
}
