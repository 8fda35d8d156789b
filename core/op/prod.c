/* SPDX-License-Identifier: Apache-2.0 */
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

/* The product of the elements before each one along an axis, or behind it. */
static TlTensor *
multiply_before (TlFormula *f,
                 TlTensor  *x,
                 gint       axis,
                 gboolean   is_behind)
{
  const TlAttrValue flip[] = { TL_INTS1 (axis) }, along[] = { TL_INT (axis) };
  TlTensor         *y = is_behind ? tl_formula_apply (f, &tl_op_flip, flip, 1, x) : x;

  y = tl_scan_shift (f, tl_formula_apply (f, &tl_op_cumprod, along, 1, y), axis, 1);
  return is_behind ? tl_formula_apply (f, &tl_op_flip, flip, 1, y) : y;
}

/* The product of the other elements, axis by axis.  Nothing is divided, so that it is right, and has a derivative, where elements are 0. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  gint          axes[TL_TENSOR_MAX_RANK];
  guint         n = tl_reduce_axes (self, axes);
  TlTensor     *stages[TL_TENSOR_MAX_RANK + 1] = { self->in[0] }, *dx;
  TlFormula     f;

  if (tl_meta_get_n_elements (x) == 0) {
    self->dx[0] = tl_zeros (x->rank, x->shape, x->dtype, error);
    return self->dx[0] != NULL;
  }
  if (n == 0) {
    self->dx[0] = tl_tensor_ref (self->dy[0]);
    return TRUE;
  }
  tl_formula_init (&f, error);
  for (guint i = 0; i + 1 < n; i++)
    stages[i + 1] = f.has_failed ? NULL : tl_formula_keep (&f, tl_reduce_apply (&tl_op_prod, stages[i], &axes[i], 1, TRUE, error));
  dx = tl_formula_keep (&f, tl_reduce_spread (self, self->dy[0], error));
  for (guint i = n; i-- > 0 && !f.has_failed;) {
    TlTensor *before = multiply_before (&f, stages[i], axes[i], FALSE), *behind = multiply_before (&f, stages[i], axes[i], TRUE);

    dx = tl_formula_map (&f, "a * (b * c)", 3, dx, before, behind);
  }
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
