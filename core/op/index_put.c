/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "any tensor" },
  { "values", "what is put, broadcast to the places, same dtype" },
  { "indices", "one for each of the first axes, broadcast, i64, i32 or u8; from the end if negative", TL_PORT_VARIADIC | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "accumulate", "whether values are added to what is there", TL_ATTR_BOOL },
  { NULL },
};

/* Places along an axis, counted from the start; one out of range is told by the gathering. */
static TlTensor *
find_places (TlFormula *f,
             TlTensor  *index,
             TlDim      size)
{
  TlTensor *numbers = f->has_failed ? NULL : tl_formula_keep (f, tl_positions (size, TL_DTYPE_I64, f->error));

  return tl_formula_apply (f, &tl_op_take, NULL, 2, numbers, index);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK], behind[TL_TENSOR_MAX_RANK];
  guint         n_index = self->n_in - MIN (self->n_in, 2u), rank, total;
  const TlMeta *both[2];
  TlMeta        wanted;

  if (n_index == 0 || n_index > x->rank)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%u indices given for %u axes", n_index, x->rank);
  for (guint i = 0; i < n_index; i++)
    if (!tl_infer_need_index (self, 2 + i, error))
      return FALSE;
  if (!tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  if (self->attrs[0].i && !tl_dtype_is_float (x->dtype) && x->dtype != TL_DTYPE_I64 && x->dtype != TL_DTYPE_I32)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s numbers cannot be accumulated", tl_dtype_name (x->dtype));
  if (!tl_broadcast_shapes (self->in + 2, n_index, shape, &rank) || rank + x->rank - n_index > TL_TENSOR_MAX_RANK)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the indices have shapes that do not fit each other");
  total = rank;
  for (guint i = n_index; i < x->rank; i++)
    shape[total++] = x->shape[i];
  tl_meta_init (&wanted, x->dtype, total, shape);
  both[0] = self->in[1];
  both[1] = &wanted;
  if (!tl_broadcast_shapes (both, 2, behind, &rank) || rank != total || memcmp (behind, shape, total * sizeof (TlDim)) != 0) {
    g_autofree char *values = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);
    g_autofree char *places = tl_shape_to_string (shape, total);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "values %s do not fit places of %s", values, places);
  }
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  guint         n_index = self->n_in - 2, rank;
  TlDim         flat[2] = { 1, 1 }, shape[TL_TENSOR_MAX_RANK], many[2] = { 1, 1 };
  TlTensor     *number = NULL, *values;
  const TlMeta *metas[TL_TENSOR_MAX_RANK] = { NULL };
  TlFormula     f;

  for (guint i = 0; i < x->rank; i++)
    flat[i >= n_index] = tl_dim_mul (flat[i >= n_index], x->shape[i]);
  for (guint i = 0; i < n_index; i++)
    metas[i] = &self->in[2 + i]->meta;
  tl_broadcast_shapes (metas, n_index, shape, &rank);
  for (guint i = 0; i < rank; i++)
    many[0] = tl_dim_mul (many[0], shape[i]);
  many[1] = flat[1];
  tl_formula_init (&f, error);
  for (guint i = 0; i < n_index; i++) {
    TlTensor *one = find_places (&f, self->in[2 + i], x->shape[i]);

    number = number == NULL ? one : tl_formula_map (&f, "a * c + b", 3, number, one, tl_formula_size (&f, x->shape[i], TL_DTYPE_I64));
  }
  for (guint i = n_index; i < x->rank; i++)
    shape[rank + i - n_index] = x->shape[i];
  number = tl_formula_expand (&f, number, rank, shape);
  number = tl_formula_reshape (&f, number, 2, (const TlDim[]){ many[0], 1 });
  number = tl_formula_expand (&f, number, 2, many);
  values = tl_formula_reshape (&f, tl_formula_expand (&f, self->in[1], rank + x->rank - n_index, shape), 2, many);
  values = tl_formula_apply (&f, self->attrs[0].i ? &tl_op_scatter_add : &tl_op_scatter, NULL, 3, tl_formula_reshape (&f, self->in[0], 2, flat), number, values);
  return tl_formula_into (&f, tl_formula_reshape (&f, values, x->rank, x->shape), &self->dx[0]);
}

static const TlSample samples[] = {
  { "4; 3; i64:3<4" },
  { "3,4; 2; i64:2<3; i64:2<4", "accumulate = true" },
  { "90,4,2; 3,2; i64:3<90; i64:1<4" },
  { "5,2; ; i32:3,1<5", "accumulate = true" },
  { "3; 0; i64:0<3" },
  { NULL },
};

const TlOpClass tl_op_index_put = {
  .name = "index_put",
  .group = "index",
  .doc = "Elements put at the places that one index for each of the first axes tells; of equal places the last one counts, or all are added.",
  .formula = "y = x, then y[i_0[k], i_1[k], ...] = values[k]",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "ScatterND", 11 },
  .torch = "x0.index_put(tuple(i.long() for i in x[2:]), x1, accumulate)",
};
