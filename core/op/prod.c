/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/reduce-common.h"
#include "core/op/scan-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_reduce_infer (self, TL_REDUCE_PROD, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_reduce_prepare (self, TL_REDUCE_PROD, error);
}

/*
 * Of the product of @x along an axis, whose gradient is @dy: dy times the product of the elements before each one and behind it.  Nothing is
 * divided, so that it is right, and has a derivative, where elements are 0.
 */
static TlTensor *
multiply_others (TlFormula *f,
                 TlTensor  *x,
                 TlTensor  *dy,
                 gint       axis)
{
  const TlAttrValue along[] = { TL_INT (axis), TL_INT (TRUE) };
  TlDim             n = x->meta.shape[axis];
  TlTensor         *last = f->has_failed ? NULL : tl_formula_keep (f, tl_slice_scatter (dy, (guint)axis, tl_dim_sub (n, 1), 1, n, 0, f->error));
  TlTensor         *behind = tl_formula_apply (f, &tl_op_recurrence, along, 2, x, last);
  TlTensor         *before = tl_scan_shift (f, tl_formula_apply (f, &tl_op_cumprod, along, 1, x), axis, 1);

  return tl_formula_map (f, "a * b", 2, before, behind);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  gint          axes[TL_TENSOR_MAX_RANK];
  guint         n = tl_reduce_axes (self, axes);
  TlTensor     *stages[TL_TENSOR_MAX_RANK + 1] = { self->in[0] }, *dx = self->dy[0];
  TlDim         kept[TL_TENSOR_MAX_RANK];
  TlFormula     f;

  if (tl_meta_get_n_elements (x) == 0) {
    self->dx[0] = tl_zeros (x->rank, x->shape, x->dtype, error);
    return self->dx[0] != NULL;
  }
  memcpy (kept, x->shape, sizeof kept);
  for (guint i = 0; i < n; i++)
    kept[axes[i]] = 1;
  tl_formula_init (&f, error);
  for (guint i = 0; i + 1 < n; i++)
    stages[i + 1] = f.has_failed ? NULL : tl_formula_keep (&f, tl_reduce_apply (&tl_op_prod, stages[i], &axes[i], 1, TRUE, error));
  dx = tl_formula_reshape (&f, dx, x->rank, kept);
  for (guint i = n; i-- > 0 && !f.has_failed;)
    dx = multiply_others (&f, stages[i], dx, axes[i]);
  return tl_formula_into (&f, dx, &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,4", "", .low = 0.5, .high = 2 },
  { "3,4", "dim = {0}", .low = 0.5, .high = 2 },
  { "2,3,4", "dim = {-1}, keepdim = true" },
  { "i64:5<4" },
  { "f32:5", .special = "0" },
  { "f32:6", .special = "0 0" },
  { "5", .special = "0", .low = 0.5, .high = 2 },
  { "2,4", "dim = {1}", .special = "0 0 2 0", .low = 0.5, .high = 2 },
  { "2,3,2", "dim = {0, 2}", .special = "0 1 0 2 0 0" },
  { "2,1,2,1,1,1,1,2", "dim = {0, -1}" },
  { "" },
  { "0" },
  { NULL },
};

const TlOpClass tl_op_prod = {
  .name = "prod",
  .group = "reduction",
  .doc = "Product over axes; of whole numbers in i64.",
  .formula = "y = product of x over dim",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_reduce_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "ReduceProd", 1 },
  .torch = "(lambda y: y if keepdim else y.squeeze(tuple(dim)))(__import__('functools').reduce(lambda a, d: a.prod(d, True), dim, x0)) if dim else x0.prod()",
};
