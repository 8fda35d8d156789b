/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/formula.h"
#include "core/op/order-common.h"

enum { Q,
       DIM,
       KEEPDIM,
       INTERPOLATION };

static const char *const interpolations[] = { "linear", "lower", "higher", "midpoint", "nearest", NULL };

static const TlAttrSpec attrs[] = {
  { "q", "share of the elements that are smaller", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1 },
  TL_ORDER_ATTRS,
  { "interpolation", "what is taken between two elements", TL_ATTR_ENUM, .names = interpolations },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_order_infer (self, DIM, error);
}

/* The same over the place, a, and the element below it, b. */
static const char *const open_weights[] = { "a - b", "a * 0", "a > b", "(a > b) * 0.5", "a * 0" };

static double
weight_of (gint64 interpolation,
           double fraction)
{
  switch (interpolation) {
  case 0:
    return fraction;
  case 1:
    return 0;
  case 2:
    return fraction > 0;
  case 3:
    return fraction > 0 ? 0.5 : 0;
  default:
    return 0; /* nearest: the position itself was rounded */
  }
}

/* Along an axis of open size: the place is computed in the step. */
static TlTensor *
pick_open (TlGradient *self,
           TlTensor   *values,
           guint       axis,
           gboolean    keep,
           GError    **error)
{
  TlDim        n = values->meta.shape[axis];
  gboolean     nearest = self->attrs[INTERPOLATION].i == 4;
  TlTensor    *count, *at, *low, *last, *weight, *parts[3];
  const double rule[] = { self->attrs[Q].d };
  TlFormula    f;

  tl_formula_init (&f, error);
  count = tl_formula_size (&f, n, TL_DTYPE_F64);
  at = f.has_failed ? NULL : tl_formula_keep (&f, tl_map_numbers (nearest ? "round (b * (a - 1))" : "b * (a - 1)", &count, 1, rule, 1, error));
  low = tl_formula_map (&f, "floor (a)", 1, at);
  last = tl_formula_map (&f, "a - 1", 1, count);
  weight = tl_formula_cast (&f, tl_formula_map (&f, open_weights[self->attrs[INTERPOLATION].i], 2, at, low), values->meta.dtype);
  parts[0] = low;
  parts[1] = tl_formula_map (&f, "min (a + 1, b)", 2, low, last);
  parts[2] = last;
  for (guint i = 0; i < 3; i++) {
    TlTensor *index = tl_formula_reshape (&f, tl_formula_cast (&f, parts[i], TL_DTYPE_I64), 1, (const TlDim[]){ 1 });

    parts[i] = f.has_failed ? NULL : tl_formula_keep (&f, tl_index_select (values, (gint)axis, index, error));
    parts[i] = keep ? parts[i] : tl_formula_squeeze (&f, parts[i], (gint)axis);
  }
  return tl_formula_finish (&f, tl_formula_map (&f, "select (c == c, a + d * (b - a), c)", 4, parts[0], parts[1], parts[2], weight));
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gboolean             flat = self->attrs[DIM].n == 0, keep = !flat && self->attrs[KEEPDIM].i != 0;
  gint64               axis = flat ? 0 : self->attrs[DIM].v[0], n, low;
  g_autoptr (TlTensor) x = flat ? tl_flatten (self->in[0], 0, error) : tl_tensor_ref (self->in[0]);
  g_autoptr (TlTensor) values = NULL;
  g_autoptr (TlTensor) indices = NULL;
  g_autoptr (TlTensor) weight = NULL;
  TlTensor            *parts[3][2] = { { NULL } };
  double               place;
  gboolean             ok;

  if (x == NULL)
    return FALSE;
  n = x->meta.rank > 0 ? x->meta.shape[tl_axis (axis, x->meta.rank)] : 1;
  if (tl_dim_is_symbolic (n)) {
    if (!tl_sort (x, axis, FALSE, &values, NULL, error))
      return FALSE;
    self->dx[0] = pick_open (self, values, tl_axis (axis, x->meta.rank), keep, error);
    return self->dx[0] != NULL;
  }
  place = self->attrs[Q].d * (double)(n - 1);
  if (self->attrs[INTERPOLATION].i == 4)
    place = rint (place);
  low = (gint64)floor (place);
  weight = tl_tensor_new_number (weight_of (self->attrs[INTERPOLATION].i, place - (double)low), FALSE);
  ok = tl_sort_part (x, axis, FALSE, low, MIN (2, n - low), &values, &indices, error) &&
       tl_sort_pick (values, indices, axis, 0, keep, parts[0], error) &&
       tl_sort_pick (values, indices, axis, MIN (1, n - 1 - low), keep, parts[1], error) &&
       tl_sort_place (x, axis, n - 1, keep, parts[2], error);
  if (ok)
    self->dx[0] = tl_map_text ("select (c == c, a + d * (b - a), c)", error, 4, parts[0][0], parts[1][0], parts[2][0], weight);
  for (guint i = 0; i < 3; i++)
    for (guint j = 0; j < 2; j++)
      g_clear_pointer (&parts[i][j], tl_tensor_unref);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "7", "q = 0.4" },
  { "3,6", "q = 0.25, dim = {1}" },
  { "2,3,4", "q = 0.9, dim = {-2}, keepdim = true, interpolation = midpoint" },
  { "8", "q = 0.3, interpolation = higher" },
  { "8", "q = 0.3, interpolation = lower" },
  { "8", "q = 0.3, interpolation = nearest" },
  { "f32:4", "q = 0.5", .special = "nan" },
  { "1", "q = 1" },
  { NULL },
};

const TlOpClass tl_op_quantile = {
  .name = "quantile",
  .group = "sorting",
  .doc = "The value below which a share of the elements lies. NaN if any element is.",
  .formula = "y = x in rising order, at q (n - 1)",
  .source = "Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.quantile(x0, q, dim[0] if dim else None, keepdim, interpolation=interpolation)",
};
