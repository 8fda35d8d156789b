/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/order-common.h"

gboolean
tl_order_infer (TlInfer *self,
                guint    dim,
                GError **error)
{
  const TlMeta      *x = self->in[0];
  const TlAttrValue *axes = &self->attrs[dim];
  gboolean           flat = axes->n == 0;

  if (axes->n > 1)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d axes given, at most one wanted", axes->n);
  if (!tl_sort_check (self, flat ? 0 : axes->v[0], error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    if ((flat || i == tl_axis (axes->v[0], x->rank)) && x->shape[i] == 0) {
      g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s has no elements", i, shape);
    }
  if (!flat)
    return tl_sort_infer_like (self, axes->v[0], 1, self->attrs[dim + 1].i != 0, error);
  tl_infer_out (self, 0, x->dtype, 0, NULL);
  if (self->n_out > 1)
    tl_infer_out (self, 1, TL_DTYPE_I64, 0, NULL);
  return TRUE;
}

/* All elements, or an only one, are a line. */
static gboolean
is_flat (TlGradient *self,
         guint       dim)
{
  return self->attrs[dim].n == 0 || self->in[0]->meta.rank == 0;
}

static TlTensor *
take (TlFormula *f,
      TlTensor  *from,
      gint       axis,
      TlTensor  *place)
{
  TlTensor *index = tl_formula_cast (f, place, TL_DTYPE_I64);

  return f->has_failed ? NULL : tl_formula_keep (f, tl_gather (from, axis, index, f->error));
}

gboolean
tl_order_pick_numbers (TlGradient  *self,
                       TlFormula   *f,
                       guint        dim,
                       const char  *place,
                       double       number,
                       TlOrderPick *pick)
{
  gboolean  flat = is_flat (self, dim);
  gint      axis = flat ? 0 : (gint)self->attrs[dim].v[0];
  TlTensor *x = flat ? tl_formula_keep (f, tl_flatten (self->in[0], 0, f->error)) : self->in[0];
  TlTensor *values = NULL, *indices = NULL, *is_number, *count, *at, *low;

  if (f->has_failed || !tl_sort (x, axis, FALSE, &values, &indices, f->error)) {
    f->has_failed = TRUE;
    return FALSE;
  }
  values = tl_formula_keep (f, values);
  indices = tl_formula_keep (f, indices);
  is_number = tl_formula_cast (f, tl_formula_map (f, "a == a", 1, x), TL_DTYPE_F64);
  count = tl_formula_sum (f, is_number, &axis, 1, TRUE);
  at = tl_formula_number (f, place, count, number);
  low = tl_formula_map (f, "floor (a)", 1, at);
  pick->value = take (f, values, axis, low);
  pick->index = take (f, indices, axis, low);
  pick->above = take (f, values, axis, tl_formula_map (f, "max (min (a + 1, b - 1), 0)", 2, low, count));
  pick->fraction = tl_formula_map (f, "a - b", 2, at, low);
  return !f->has_failed;
}

TlTensor *
tl_order_drop_axis (TlGradient *self,
                    TlFormula  *f,
                    guint       dim,
                    TlTensor   *x)
{
  if (is_flat (self, dim))
    return tl_formula_squeeze (f, x, 0);
  return self->attrs[dim + 1].i != 0 ? x : tl_formula_squeeze (f, x, (gint)self->attrs[dim].v[0]);
}
