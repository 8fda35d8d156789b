/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/order-common.h"

static const TlAttrSpec attrs[] = { TL_ORDER_ATTRS, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_order_infer (self, 0, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlOrderPick pick;
  TlFormula   f;

  tl_formula_init (&f, error);
  if (tl_order_pick_numbers (self, &f, 0, "max (floor ((a - 1) * b), 0)", 0.5, &pick)) {
    TlTensor *index = tl_order_drop_axis (self, &f, 0, pick.index);

    self->dx[1] = index != NULL ? tl_tensor_ref (index) : NULL;
    pick.value = tl_order_drop_axis (self, &f, 0, pick.value);
  }
  if (tl_formula_into (&f, pick.value, &self->dx[0]))
    return TRUE;
  g_clear_pointer (&self->dx[1], tl_tensor_unref);
  return FALSE;
}

static const TlSample samples[] = {
  { "6" },
  { "f32:3,5", "dim = {0}", .special = "nan nan 1" },
  { "f32:2,3,4", "dim = {-2}, keepdim = true", .special = "nan" },
  { "f32:7", .special = "nan inf nan" },
  { "" },
  { NULL },
};

const TlOpClass tl_op_nanmedian = {
  .name = "nanmedian",
  .group = "sorting",
  .doc = "The middle of the elements that are not NaN, the lower one of two, and where it is. NaN if all are.",
  .formula = "values = x without NaN in rising order, at floor ((n - 1) / 2)",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_sort_out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.nanmedian(x0, dim[0], keepdim) if dim else torch.nanmedian(x0)",
};
