/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "n", "how often differences are taken", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 0, .max = 64 },
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         axis;

  if (x->dtype == TL_DTYPE_BOOL)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "x must not be bool");
  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_axis (self, self->attrs[1].i, x->rank, &axis, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[i];
  shape[axis] = tl_dim_is_symbolic (shape[axis]) ? tl_dim_sub (shape[axis], self->attrs[0].i) : MAX (0, shape[axis] - self->attrs[0].i);
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 axis = (gint)self->attrs[1].i;
  g_autoptr (TlTensor) y = tl_tensor_ref (self->in[0]);

  for (gint64 i = 0; i < self->attrs[0].i; i++) {
    TlDim                n = y->meta.shape[tl_axis (axis, y->meta.rank)];
    g_autoptr (TlTensor) before = g_steal_pointer (&y);
    g_autoptr (TlTensor) low = n != 0 ? tl_narrow (before, axis, 0, tl_dim_sub (n, 1), error) : tl_tensor_ref (before);
    g_autoptr (TlTensor) high = low != NULL && n != 0 ? tl_narrow (before, axis, 1, tl_dim_sub (n, 1), error) : tl_tensor_ref (before);

    y = low != NULL && high != NULL ? tl_sub (high, low, error) : NULL;
    if (y == NULL)
      return FALSE;
  }
  self->dx[0] = g_steal_pointer (&y);
  return TRUE;
}

static const TlSample samples[] = { { "6" }, { "3,4", "dim = 0" }, { "2,6", "n = 2" }, { "i64:5" }, { "1" }, { "3", "n = 0" }, { NULL } };

const TlOpClass tl_op_diff = {
  .name = "diff",
  .group = "arithmetic",
  .doc = "Differences of neighbours along an axis.",
  .formula = "y[i] = x[i + 1] - x[i]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.diff(x0, n, dim)",
};
