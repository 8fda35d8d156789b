/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "any tensor" },
  { "index", "positions along dim, i64, i32 or u8, of as many axes as x, broadcast against it in the others", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

/* The shapes to which both are repeated. */
static gboolean
find_shapes (const TlMeta *x,
             const TlMeta *index,
             guint         axis,
             TlDim        *x_shape,
             TlDim        *index_shape)
{
  for (guint i = 0; i < x->rank; i++) {
    TlDim size = x->shape[i] == 1 ? index->shape[i] : x->shape[i];

    x_shape[i] = i == axis ? x->shape[i] : size;
    index_shape[i] = i == axis ? index->shape[i] : size;
    if (i != axis && index->shape[i] != 1 && index->shape[i] != size)
      return FALSE;
  }
  return TRUE;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0], *index = self->in[1];
  TlDim         x_shape[TL_TENSOR_MAX_RANK], index_shape[TL_TENSOR_MAX_RANK];
  guint         axis;

  if (!tl_infer_need_index (self, 1, error) || !tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  if (index->rank != x->rank || !find_shapes (x, index, axis, x_shape, index_shape)) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (index->shape, index->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "index %s does not fit %s along axis %u", b, a, axis);
  }
  tl_infer_out (self, 0, x->dtype, x->rank, index_shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  guint                axis = tl_axis (self->attrs[0].i, x->rank);
  TlDim                x_shape[TL_TENSOR_MAX_RANK], index_shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) wide = NULL;
  g_autoptr (TlTensor) index = NULL;

  find_shapes (x, &self->in[1]->meta, axis, x_shape, index_shape);
  wide = tl_expand (self->in[0], x->rank, x_shape, error);
  index = wide != NULL ? tl_expand (self->in[1], x->rank, index_shape, error) : NULL;
  self->dx[0] = index != NULL ? tl_gather (wide, (gint)axis, index, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; i64:3,2<4", "dim = 1" }, { "3,4; i64:1,2<4", "dim = -1" }, { "1,4; i64:3,1<4", "dim = 1" }, { "2,0; i64:0,0<1", "dim = 0" }, { NULL } };

const TlOpClass tl_op_take_along_dim = {
  .name = "take_along_dim",
  .group = "index",
  .doc = "Elements along an axis, by an index for each of them; the other axes are broadcast.",
  .formula = "y[i, j] = x[i, index[i, j]] along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "GatherElements", 11 },
  .torch = "torch.take_along_dim(x0, x1, dim)",
};
