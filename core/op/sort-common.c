/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/sort-common.h"

const TlPort tl_sort_out_ports[] = { { "values", "the elements" }, { "indices", "where they were along dim, i64", TL_PORT_NODIFF }, { NULL } };

gboolean
tl_sort_check (TlInfer *self,
               gint64   axis,
               GError **error)
{
  guint normal;

  return tl_infer_axis (self, axis, self->in[0]->rank, &normal, error);
}

/* Values and indices of the shape of x, but for @axis, which has @size or vanishes. */
gboolean
tl_sort_infer_like (TlInfer *self,
                    gint64   axis,
                    TlDim    size,
                    gboolean keep,
                    GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank = 0;

  for (guint i = 0; i < x->rank; i++)
    if (i != tl_axis (axis, x->rank))
      shape[rank++] = x->shape[i];
    else if (keep)
      shape[rank++] = size;
  tl_infer_out (self, 0, x->dtype, rank, shape);
  if (self->n_out > 1)
    tl_infer_out (self, 1, TL_DTYPE_I64, rank, shape);
  return TRUE;
}

/* @values and @indices (nullable) by a row that wants the axis last: it changes places with the last one. */
static gboolean
apply_rows (const TlOpClass   *op,
            const TlAttrValue *attrs,
            TlTensor          *x,
            gint64             axis,
            TlTensor         **values,
            TlTensor         **indices,
            GError           **error)
{
  guint                normal = tl_axis (axis, x->meta.rank);
  gboolean             is_last = normal + 1 >= x->meta.rank;
  g_autoptr (TlTensor) rows = is_last ? tl_tensor_ref (x) : tl_transpose (x, (gint)normal, -1, error);
  TlTensor            *out[2] = { NULL };
  gboolean             ok = rows != NULL && tl_op_apply (op, &rows, 1, attrs, out, 2, error);

  for (guint i = 0; i < 2 && ok; i++) {
    TlTensor **to = i == 0 ? values : indices;

    if (to != NULL)
      *to = is_last ? tl_tensor_ref (out[i]) : tl_transpose (out[i], (gint)normal, -1, error);
    ok = to == NULL || *to != NULL;
  }
  g_clear_pointer (&out[0], tl_tensor_unref);
  g_clear_pointer (&out[1], tl_tensor_unref);
  if (!ok && values != NULL)
    g_clear_pointer (values, tl_tensor_unref);
  return ok;
}

/* @values and @indices (nullable) in order along any axis. */
gboolean
tl_sort (TlTensor  *x,
         gint64     axis,
         gboolean   descending,
         TlTensor **values,
         TlTensor **indices,
         GError   **error)
{
  const TlAttrValue attrs[] = { TL_INT (descending) };

  return apply_rows (&tl_op_sort_rows, attrs, x, axis, values, indices, error);
}

static TlTensor *
cut (TlTensor *x,
     gint64    axis,
     gint64    first,
     gint64    count,
     GError  **error)
{
  return x->meta.rank > 0 ? tl_narrow (x, (gint)axis, first, count, error) : tl_tensor_ref (x);
}

/* The places from @first on of what tl_sort() gives.  A small part of an axis of known size is found without sorting the rest. */
gboolean
tl_sort_part (TlTensor  *x,
              gint64     axis,
              gboolean   descending,
              gint64     first,
              gint64     count,
              TlTensor **values,
              TlTensor **indices,
              GError   **error)
{
  TlDim                n = x->meta.rank > 0 ? x->meta.shape[tl_axis (axis, x->meta.rank)] : 1;
  const TlAttrValue    attrs[] = { TL_INT (first), TL_INT (count), TL_INT (descending) };
  g_autoptr (TlTensor) all = NULL;
  g_autoptr (TlTensor) places = NULL;

  if (!tl_dim_is_symbolic (n) && count <= n / 4)
    return apply_rows (&tl_op_select_sorted, attrs, x, axis, values, indices, error);
  if (!tl_sort (x, axis, descending, &all, &places, error))
    return FALSE;
  *values = cut (all, axis, first, count, error);
  *indices = *values != NULL ? cut (places, axis, first, count, error) : NULL;
  return *indices != NULL;
}

/* One position of both along an axis. */
gboolean
tl_sort_pick (TlTensor  *values,
              TlTensor  *indices,
              gint64     axis,
              gint64     position,
              gboolean   keep,
              TlTensor **out,
              GError   **error)
{
  TlTensor *from[] = { values, indices };

  for (guint i = 0; i < 2; i++) {
    g_autoptr (TlTensor) one = NULL;

    if (from[i]->meta.rank == 0) {
      out[i] = tl_tensor_ref (from[i]);
      continue;
    }
    one = tl_narrow (from[i], (gint)axis, position, 1, error);
    out[i] = one == NULL ? NULL : keep ? tl_tensor_ref (one)
                                       : tl_squeeze (one, (gint)axis, error);
    if (out[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Element @place in rising order along an axis, and where it is. */
gboolean
tl_sort_place (TlTensor  *x,
               gint64     axis,
               TlDim      place,
               gboolean   keep,
               TlTensor **out,
               GError   **error)
{
  gboolean             is_open = tl_dim_is_symbolic (place);
  g_autoptr (TlTensor) values = NULL;
  g_autoptr (TlTensor) indices = NULL;

  if (!(is_open ? tl_sort (x, axis, FALSE, &values, &indices, error) : tl_sort_part (x, axis, FALSE, place, 1, &values, &indices, error)))
    return FALSE;
  return tl_sort_pick (values, indices, axis, is_open ? place : 0, keep, out, error);
}
