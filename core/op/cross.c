/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint rank, axis;

  if (!tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_axis (self, self->attrs[0].i, self->in[0]->rank, &axis, error))
    return FALSE;
  if (self->in[0]->rank != self->in[1]->rank || self->in[0]->rank == 0 || !tl_broadcast_shapes (self->in, 2, shape, &rank) || self->in[0]->shape[axis] != 3 ||
      self->in[1]->shape[axis] != 3) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s and %s: both need 3 elements along axis %u and shapes that fit", a, b, axis);
  }
  tl_infer_out (self, 0, self->in[0]->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint      axis = (gint)tl_axis (self->attrs[0].i, self->in[0]->meta.rank);
  TlTensor *parts[3];
  TlFormula f;

  tl_formula_init (&f, error);
  for (gint i = 0; i < 3; i++) {
    gint      j = (i + 1) % 3, k = (i + 2) % 3;
    TlTensor *a_j = tl_formula_narrow (&f, self->in[0], axis, j, 1), *a_k = tl_formula_narrow (&f, self->in[0], axis, k, 1);
    TlTensor *b_j = tl_formula_narrow (&f, self->in[1], axis, j, 1), *b_k = tl_formula_narrow (&f, self->in[1], axis, k, 1);

    parts[i] = tl_formula_map (&f, "a * b - c * d", 4, a_j, b_k, a_k, b_j);
  }
  return tl_formula_into (&f, tl_formula_concat (&f, axis, 3, parts), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3; 3" },
  { "2,3; 2,3" },
  { "3,2; 3,1", "dim = 0" },
  { "i64:3; i64:3" },
  { "0,3; 0,3" },
  { NULL },
};

const TlOpClass tl_op_cross = {
  .name = "cross",
  .group = "linear algebra",
  .doc = "Cross products of vectors of three along an axis.",
  .formula = "y = (a_1 b_2 - a_2 b_1, a_2 b_0 - a_0 b_2, a_0 b_1 - a_1 b_0)",
  .source = "elementary",
  .in = tl_ports_a_b,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.cross(x0, x1, dim=dim)",
};
