/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "p", "order of the norm", TL_ATTR_FLOAT, .def = { .d = 2 } },
  { "dim", "axis of the vectors, from the end if negative", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { "eps", "smallest norm to divide by", TL_ATTR_FLOAT, .def = { .d = 1e-12 }, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  guint axis;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_axis (self, self->attrs[1].i, self->in[0]->rank, &axis, error))
    return FALSE;
  return tl_infer_same (self, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue    values[] = { TL_INTS1 (self->attrs[1].i), TL_INT (TRUE), self->attrs[0] };
  g_autoptr (TlTensor) norm = tl_op_apply1 (&tl_op_norm, self->in, 1, values, error);
  g_autoptr (TlTensor) eps = tl_tensor_new_number (self->attrs[2].d, FALSE);

  self->dx[0] = tl_map_text ("a / max (b, c)", error, 3, self->in[0], norm, eps);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "dim = -1, p = 1", .kinks = "0" }, { "5", "dim = 0" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_normalize = {
  .name = "normalize",
  .group = "normalisation",
  .doc = "Vectors along an axis divided by their norm.",
  .formula = "y = x / max (|x|, eps)",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "LpNormalization", 1 },
  .torch = "F.normalize(x0, p, dim, eps)",
};
