/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "vectors, floating" }, { "b", "other vectors, broadcast, same dtype" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "dim", "axis of the vectors, from the end if negative", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { "eps", "smallest length to divide by", TL_ATTR_FLOAT, .def = { .d = 1e-8 }, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK], kept[TL_TENSOR_MAX_RANK];
  guint rank, axis, n = 0;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  if (!tl_broadcast_shapes (self->in, 2, shape, &rank)) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "shapes do not fit: %s and %s", a, b);
  }
  if (!tl_infer_axis (self, self->attrs[0].i, rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < rank; i++)
    if (i != axis)
      kept[n++] = shape[i];
  tl_infer_out (self, 0, self->in[0]->dtype, n, kept);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 rank = MAX (self->in[0]->meta.rank, self->in[1]->meta.rank);
  gint                 axis = (gint)tl_axis (self->attrs[0].i, (guint)rank) - rank; /* from the end, for both */
  g_autoptr (TlTensor) ab = tl_mul (self->in[0], self->in[1], error);
  g_autoptr (TlTensor) aa = ab != NULL ? tl_square (self->in[0], error) : NULL;
  g_autoptr (TlTensor) bb = aa != NULL ? tl_square (self->in[1], error) : NULL;
  g_autoptr (TlTensor) wide_aa = bb != NULL ? tl_expand (aa, ab->meta.rank, ab->meta.shape, error) : NULL;
  g_autoptr (TlTensor) wide_bb = wide_aa != NULL ? tl_expand (bb, ab->meta.rank, ab->meta.shape, error) : NULL;
  g_autoptr (TlTensor) dot = wide_bb != NULL ? tl_sum (ab, &axis, 1, FALSE, error) : NULL;
  g_autoptr (TlTensor) length_a = dot != NULL ? tl_sum (wide_aa, &axis, 1, FALSE, error) : NULL;
  g_autoptr (TlTensor) length_b = length_a != NULL ? tl_sum (wide_bb, &axis, 1, FALSE, error) : NULL;

  self->dx[0] = tl_map_numbers ("a / (max (sqrt (select (b > 0, b, d * d)), d) * max (sqrt (select (c > 0, c, d * d)), d))",
                                (TlTensor *[]){ dot, length_a, length_b }, 3, &self->attrs[1].d, 1, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3,4; 2,1,4", "dim = -1" }, { "5; 5", "dim = 0" }, { "2,3,4; 3,4", "dim = 2" }, { "0,3; 0,3" }, { NULL } };

const TlOpClass tl_op_cosine_similarity = {
  .name = "cosine_similarity",
  .group = "linear algebra",
  .doc = "Cosine of the angle between vectors along an axis.",
  .formula = "y = a b / (max (|a|, eps) max (|b|, eps))",
  .source = "Salton, Wong & Yang 1975, doi:10.1145/361219.361220",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.cosine_similarity(x0, x1, dim, eps)",
};
