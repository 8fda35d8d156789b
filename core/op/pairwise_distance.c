/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "vectors `[..., d]`, floating" }, { "b", "other vectors, broadcast, same dtype" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "p", "order of the norm", TL_ATTR_FLOAT, .def = { .d = 2 } },
  { "eps", "added to the difference", TL_ATTR_FLOAT, .def = { .d = 1e-6 } },
  { "keepdim", "whether the last axis stays, with size 1", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint rank;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_need_rank (self, 1, 1, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (!tl_broadcast_shapes (self->in, 2, shape, &rank)) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "shapes do not fit: %s and %s", a, b);
  }
  shape[rank - 1] = 1;
  tl_infer_out (self, 0, self->in[0]->dtype, self->attrs[2].i != 0 ? rank : rank - 1, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue    values[] = { TL_INTS1 (-1), self->attrs[2], self->attrs[0] };
  g_autoptr (TlTensor) eps = tl_tensor_new_number (self->attrs[1].d, FALSE);
  g_autoptr (TlTensor) difference = tl_map_text ("a - b + c", error, 3, self->in[0], self->in[1], eps);

  self->dx[0] = difference != NULL ? tl_op_apply1 (&tl_op_norm, &difference, 1, values, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 3,4" }, { "3,4; 4", "p = 1" }, { "4; 4", "keepdim = true" }, { "0,3; 0,3" }, { NULL } };

const TlOpClass tl_op_pairwise_distance = {
  .name = "pairwise_distance",
  .group = "linear algebra",
  .doc = "Distance between vectors along the last axis.",
  .formula = "y = |a - b + eps|, in the norm of order p",
  .source = "Minkowski 1896, Geometrie der Zahlen",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.pairwise_distance(x0, x1, p, eps, keepdim)",
};
