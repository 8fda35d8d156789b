/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/extreme-common.h"

#include "core/op/sort-common.h"

enum { DIM,
       KEEPDIM };

const TlAttrSpec tl_extreme_attrs[] = {
  { "dim", "axis, from the end if negative; none for all elements", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { "keepdim", "whether the axis stays, with size 1", TL_ATTR_BOOL },
  { NULL },
};

gboolean
tl_extreme_infer (TlInfer *self,
                  GError **error)
{
  const TlMeta *x = self->in[0];
  gboolean      flat = self->attrs[DIM].n == 0;

  if (self->attrs[DIM].n > 1)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d axes given, at most one wanted", self->attrs[DIM].n);
  if (!tl_sort_check (self, flat ? 0 : self->attrs[DIM].v[0], error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    if ((flat || i == tl_axis (self->attrs[DIM].v[0], x->rank)) && x->shape[i] == 0) {
      g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s has no elements", i, shape);
    }
  if (!flat)
    return tl_sort_infer_like (self, self->attrs[DIM].v[0], 1, self->attrs[KEEPDIM].i != 0, error);
  tl_infer_out (self, 0, x->dtype, 0, NULL);
  tl_infer_out (self, 1, TL_DTYPE_I64, 0, NULL);
  return TRUE;
}

/* Taken from where it is, so that one element alone has the gradient. */
gboolean
tl_extreme_decompose (TlGradient *self,
                      TlTensor *(*find) (TlTensor   *x,
                                         const gint *axes,
                                         guint       n_axes,
                                         gboolean    keepdim,
                                         GError    **error),
                      GError **error)
{
  gboolean             flat = self->attrs[DIM].n == 0, keep = !flat && self->attrs[KEEPDIM].i != 0;
  gint                 axis = flat ? 0 : (gint)self->attrs[DIM].v[0];
  g_autoptr (TlTensor) x = flat ? tl_flatten (self->in[0], 0, error) : tl_tensor_ref (self->in[0]);
  g_autoptr (TlTensor) indices = NULL;
  g_autoptr (TlTensor) values = NULL;

  if (x != NULL && x->meta.rank == 0) {
    self->dx[0] = tl_tensor_ref (x);
    self->dx[1] = tl_zeros (0, x->meta.shape, TL_DTYPE_I64, error);
    return self->dx[1] != NULL;
  }
  indices = x != NULL ? find (x, &axis, 1, TRUE, error) : NULL;
  values = indices != NULL ? tl_gather (x, axis, indices, error) : NULL;
  if (values == NULL)
    return FALSE;
  self->dx[0] = keep ? tl_tensor_ref (values) : tl_squeeze (values, axis, error);
  self->dx[1] = keep ? tl_tensor_ref (indices) : tl_squeeze (indices, axis, error);
  return self->dx[0] != NULL && self->dx[1] != NULL;
}

const TlSample tl_extreme_samples[] = {
  { "3,4" },
  { "3,4", "dim = {0}" },
  { "2,3,4", "dim = {-1}, keepdim = true" },
  { "i64:2,5<4", "dim = {1}" },
  { "f32:2,3", "dim = {1}", .special = "nan" },
  { "" },
  { "0,2", "dim = {1}" },
  { NULL },
};
