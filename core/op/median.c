/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/order-common.h"

enum { DIM,
       KEEPDIM };

static const TlAttrSpec attrs[] = { TL_ORDER_ATTRS, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_order_infer (self, DIM, error);
}

/* NaN stands last when sorted, and decides. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gboolean             flat = self->attrs[DIM].n == 0, keep = !flat && self->attrs[KEEPDIM].i != 0;
  g_autoptr (TlTensor) x = flat ? tl_flatten (self->in[0], 0, error) : tl_tensor_ref (self->in[0]);
  gint64               axis = flat ? 0 : self->attrs[DIM].v[0];
  TlDim                n;
  TlTensor            *middle[2] = { NULL }, *last[2] = { NULL };
  gboolean             ok;

  if (x == NULL)
    return FALSE;
  n = x->meta.rank > 0 ? x->meta.shape[tl_axis (axis, x->meta.rank)] : 1;
  ok = tl_sort_place (x, axis, tl_dim_floor_div (tl_dim_sub (n, 1), 2), keep, middle, error);
  if (ok && tl_dtype_is_float (x->meta.dtype)) {
    ok = tl_sort_place (x, axis, tl_dim_sub (n, 1), keep, last, error);
    self->dx[0] = ok ? tl_map_text ("select (b == b, a, b)", error, 2, middle[0], last[0]) : NULL;
    self->dx[1] = self->dx[0] != NULL ? tl_map_text ("select (c == c, a, b)", error, 3, middle[1], last[1], last[0]) : NULL;
    if (self->dx[1] != NULL) {
      g_autoptr (TlTensor) whole = self->dx[1];

      self->dx[1] = tl_cast (whole, TL_DTYPE_I64, error);
    }
    ok = self->dx[1] != NULL;
  } else if (ok) {
    self->dx[0] = g_steal_pointer (&middle[0]);
    self->dx[1] = g_steal_pointer (&middle[1]);
  }
  for (guint i = 0; i < 2; i++) {
    g_clear_pointer (&middle[i], tl_tensor_unref);
    g_clear_pointer (&last[i], tl_tensor_unref);
  }
  return ok;
}

static const TlSample samples[] = {
  { "7" },
  { "6" },
  { "3,5", "dim = {0}" },
  { "2,3,4", "dim = {-2}, keepdim = true" },
  { "f32:3,2", "dim = {0}", .special = "nan" },
  { "" },
  { NULL },
};

const TlOpClass tl_op_median = {
  .name = "median",
  .group = "sorting",
  .doc = "The middle element, the lower one of two, and where it is. NaN if any is.",
  .formula = "values = x in rising order, at floor ((n - 1) / 2)",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_sort_out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.median(x0, dim[0], keepdim) if dim else torch.median(x0)",
};
