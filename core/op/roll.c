/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { SHIFTS,
       DIMS };

static const TlAttrSpec attrs[] = {
  { "shifts", "how far elements move, one number for each of dims", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -9.2e18, .max = 9.2e18 },
  { "dims", "axes, from the end if negative; none moves the elements in row-major order", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  guint         axis;

  if (self->attrs[SHIFTS].n != MAX (self->attrs[DIMS].n, 1))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d shifts given for %d axes", self->attrs[SHIFTS].n, self->attrs[DIMS].n);
  for (gint i = 0; i < self->attrs[DIMS].n; i++) {
    if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
        !tl_infer_axis (self, self->attrs[DIMS].v[i], x->rank, &axis, error))
      return FALSE;
  }
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

/* Along an axis of unknown size: element i comes from (i - shift) mod n. */
static TlTensor *
roll_open_axis (TlTensor *x,
                gint      axis,
                gint64    shift,
                GError  **error)
{
  TlDim                n = x->meta.shape[axis];
  const double         number = (double)shift;
  g_autoptr (TlTensor) places = tl_positions (n, TL_DTYPE_I64, error);
  g_autoptr (TlTensor) size = places != NULL ? tl_size (n, TL_DTYPE_I64, error) : NULL;
  g_autoptr (TlTensor) index = size != NULL ? tl_map_numbers ("mod (a - c, b)", (TlTensor *[]){ places, size }, 2, &number, 1, error) : NULL;

  return index != NULL ? tl_index_select (x, axis, index, error) : NULL;
}

static TlTensor *
roll_axis (TlTensor *x,
           gint      axis,
           gint64    shift,
           GError  **error)
{
  gint64               n = x->meta.shape[axis];
  g_autoptr (TlTensor) head = NULL;
  g_autoptr (TlTensor) tail = NULL;

  if (tl_dim_is_symbolic (n))
    return roll_open_axis (x, axis, shift, error);
  shift = n > 0 ? shift % n : 0;
  shift += shift < 0 ? n : 0;
  if (shift == 0)
    return tl_tensor_ref (x);
  tail = tl_narrow (x, axis, n - shift, shift, error);
  head = tail != NULL ? tl_narrow (x, axis, 0, n - shift, error) : NULL;
  return head != NULL ? tl_concat ((TlTensor *[]){ tail, head }, 2, axis, error) : NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  g_autoptr (TlTensor) y = tl_tensor_ref (self->in[0]);

  if (self->attrs[DIMS].n == 0) {
    g_autoptr (TlTensor) flat = tl_flatten (y, 0, error);
    g_autoptr (TlTensor) rolled = flat != NULL ? roll_axis (flat, 0, self->attrs[SHIFTS].v[0], error) : NULL;

    self->dx[0] = rolled != NULL ? tl_reshape (rolled, x->rank, x->shape, error) : NULL;
    return self->dx[0] != NULL;
  }
  for (gint i = 0; i < self->attrs[DIMS].n; i++) {
    TlTensor *next = roll_axis (y, (gint)tl_axis (self->attrs[DIMS].v[i], x->rank), self->attrs[SHIFTS].v[i], error);

    if (next == NULL)
      return FALSE;
    tl_tensor_unref (y);
    y = next;
  }
  self->dx[0] = g_steal_pointer (&y);
  return TRUE;
}

static const TlSample samples[] = {
  { "3,4", "shifts = {1}, dims = {0}" },
  { "3,4", "shifts = {-2, 5}, dims = {-1, 0}" },
  { "2,3", "shifts = {2}" },
  { "1", "shifts = {1}, dims = {0}" },
  { "0", "shifts = {1}, dims = {0}" },
  { NULL },
};

const TlOpClass tl_op_roll = {
  .name = "roll",
  .group = "shape",
  .doc = "Elements moved along axes; those that leave at one end enter at the other.",
  .formula = "y[(i + shift) mod n] = x[i]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.roll(x0, shifts, dims)",
};
