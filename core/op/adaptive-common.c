/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/adaptive-common.h"

gboolean
tl_adaptive_infer (TlInfer *self,
                   guint    n_spatial,
                   GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, n_spatial + 1, n_spatial + 2, error))
    return FALSE;
  if (self->attrs[0].n != 1 && self->attrs[0].n != (gint)n_spatial)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "output_size has %d numbers, 1 or %u are wanted", self->attrs[0].n, n_spatial);
  for (guint i = 0; i < x->rank; i++) {
    gboolean is_spatial = i + n_spatial >= x->rank;

    shape[i] = is_spatial ? tl_attr_pair (&self->attrs[0], i + n_spatial - x->rank) : x->shape[i];
    if (is_spatial && (x->shape[i] == 0 || shape[i] <= 0)) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s cannot be pooled to %" G_GINT64_FORMAT, i, text, shape[i]);
    }
  }
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static TlTensor *
reduce (TlTensor *x,
        gint      axis,
        gboolean  keep,
        gboolean  is_max,
        GError  **error)
{
  return is_max ? tl_amax (x, &axis, 1, keep, error) : tl_mean (x, &axis, 1, keep, error);
}

/* Windows of one size become an axis of their own. */
static TlTensor *
pool_evenly (TlTensor *x,
             guint     axis,
             gint64    n_out,
             gboolean  is_max,
             GError  **error)
{
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) open = NULL;

  if (n_out == 1)
    return reduce (x, (gint)axis, TRUE, is_max, error);
  for (guint i = 0; i <= x->meta.rank; i++)
    shape[i] = i < axis ? x->meta.shape[i] : i == axis     ? n_out
                                           : i == axis + 1 ? x->meta.shape[axis] / n_out
                                                           : x->meta.shape[i - 1];
  open = tl_reshape (x, x->meta.rank + 1u, shape, error);
  return open != NULL ? reduce (open, (gint)axis + 1, FALSE, is_max, error) : NULL;
}

static TlTensor *
pool_axis (TlTensor *x,
           guint     axis,
           gint64    n_out,
           gboolean  is_max,
           GError  **error)
{
  g_autoptr (GPtrArray) parts = NULL;
  TlDim                 n = x->meta.shape[axis];

  if (n == n_out)
    return tl_tensor_ref (x);
  if (n_out == 1 || (!tl_dim_is_symbolic (n) && n % n_out == 0))
    return pool_evenly (x, axis, n_out, is_max, error);
  parts = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  for (gint64 i = 0; i < n_out; i++) {
    TlDim                first = tl_dim_floor_div (tl_dim_mul (n, i), n_out);
    TlDim                end = tl_dim_floor_div (tl_dim_add (tl_dim_mul (n, i + 1), n_out - 1), n_out);
    g_autoptr (TlTensor) window = tl_narrow (x, (gint)axis, first, tl_dim_sub (end, first), error);
    TlTensor            *part = window != NULL ? reduce (window, (gint)axis, TRUE, is_max, error) : NULL;

    if (part == NULL)
      return NULL;
    g_ptr_array_add (parts, part);
  }
  return tl_concat ((TlTensor *const *)parts->pdata, parts->len, (gint)axis, error);
}

gboolean
tl_adaptive_decompose (TlGradient *self,
                       guint       n_spatial,
                       gboolean    is_max,
                       GError    **error)
{
  guint                rank = self->in[0]->meta.rank;
  g_autoptr (TlTensor) y = tl_tensor_ref (self->in[0]);

  for (guint i = 0; i < n_spatial; i++) {
    g_autoptr (TlTensor) before = g_steal_pointer (&y);

    y = pool_axis (before, rank - n_spatial + i, tl_attr_pair (&self->attrs[0], i), is_max, error);
    if (y == NULL)
      return FALSE;
  }
  self->dx[0] = g_steal_pointer (&y);
  return TRUE;
}
