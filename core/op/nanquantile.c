/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/order-common.h"

enum { Q,
       DIM,
       KEEPDIM,
       INTERPOLATION };

static const char *const interpolations[] = { "linear", "lower", "higher", "midpoint", "nearest", NULL };

/* What of the step to the element above is added, "a" being the part of it that the place says. */
static const char *const weights[] = { "a", "a * 0", "a > 0", "(a > 0) * 0.5", "a * 0" };

enum { NEAREST = 4 };

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

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64      rule = self->attrs[INTERPOLATION].i;
  TlDType     dtype = self->in[0]->meta.dtype;
  TlTensor   *weight, *y;
  TlOrderPick pick;
  TlFormula   f;

  tl_formula_init (&f, error);
  if (!tl_order_pick_numbers (self, &f, DIM, rule == NEAREST ? "round (max (a - 1, 0) * b)" : "max (a - 1, 0) * b", self->attrs[Q].d, &pick))
    return tl_formula_into (&f, NULL, &self->dx[0]);
  weight = tl_formula_cast (&f, tl_formula_map (&f, weights[rule], 1, pick.fraction), dtype);
  y = tl_formula_map (&f, "select (c > 0, a + c * (b - a), a)", 3, pick.value, pick.above, weight);
  return tl_formula_into (&f, tl_order_drop_axis (self, &f, DIM, y), &self->dx[0]);
}

static const TlSample samples[] = {
  { "7", "q = 0.4" },
  { "f32:3,6", "q = 0.25, dim = {1}", .special = "nan 1 nan" },
  { "f32:2,3,4", "q = 0.9, dim = {-2}, keepdim = true, interpolation = midpoint", .special = "nan" },
  { "f32:8", "q = 0.3, interpolation = higher", .special = "nan" },
  { "f32:8", "q = 0.3, interpolation = lower", .special = "nan" },
  { "f32:8", "q = 0.3, interpolation = nearest", .special = "nan" },
  { "f32:2", "q = 0.5", .special = "nan nan" },
  { "1", "q = 1" },
  { NULL },
};

const TlOpClass tl_op_nanquantile = {
  .name = "nanquantile",
  .group = "sorting",
  .doc = "The value below which a share of the elements lies that are not NaN. NaN if all are.",
  .formula = "y = x without NaN in rising order, at q (n - 1)",
  .source = "Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.nanquantile(x0, q, dim[0] if dim else None, keepdim, interpolation=interpolation)",
};
