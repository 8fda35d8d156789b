/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axis along which elements are compared, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  guint axis;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_axis (self, self->attrs[0].i, self->in[0]->rank, &axis, error))
    return FALSE;
  tl_infer_out_like (self, 0, self->in[0]->dtype, 0);
  return TRUE;
}

/* The kernel wants the axis last. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 rank = self->in[0]->meta.rank;
  gint                 axis = (gint)self->attrs[0].i + (self->attrs[0].i < 0 ? rank : 0);
  g_autoptr (TlTensor) last = NULL;
  g_autoptr (TlTensor) rows = NULL;

  if (axis >= rank - 1) {
    self->dx[0] = tl_op_apply1 (&tl_op_log_softmax_rows, self->in, 1, NULL, error);
    return self->dx[0] != NULL;
  }
  last = tl_transpose (self->in[0], axis, -1, error);
  rows = last != NULL ? tl_op_apply1 (&tl_op_log_softmax_rows, &last, 1, NULL, error) : NULL;
  self->dx[0] = rows != NULL ? tl_transpose (rows, axis, -1, error) : NULL;
  return self->dx[0] != NULL;
}

/**
 * tl_log_softmax:
 * @x: a floating tensor
 * @axis: axis along which elements are compared, from the end if negative
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): `ln softmax (x)`, or %NULL
 */
TlTensor *
tl_log_softmax (TlTensor *x,
                gint      axis,
                GError  **error)
{
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_log_softmax, &x, 1, values, error);
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "dim = 1" }, { "2,3,4,5", "dim = -3", .low = -4, .high = 4 }, { "", .low = -1, .high = 1 }, { "0,3" }, { NULL } };

const TlOpClass tl_op_log_softmax = {
  .name = "log_softmax",
  .group = "activation",
  .doc = "Logarithm of softmax, without its rounding.",
  .formula = "y = x - ln sum e^x, along dim",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "LogSoftmax", 1 },
  .torch = "torch.log_softmax(x0, dim)",
};
