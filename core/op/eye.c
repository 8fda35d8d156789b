/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { N,
       M,
       DTYPE };

static const TlAttrSpec attrs[] = {
  { "n", "rows", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { "m", "columns; -1 for as many as rows", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1e9 },
  { "dtype", "element type", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  gint64 n = self->attrs[N].i, m = self->attrs[M].i;

  tl_infer_out (self, 0, (TlDType)self->attrs[DTYPE].i, 2, (const TlDim[]){ n, m < 0 ? n : m });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64               n = self->attrs[N].i, m = self->attrs[M].i < 0 ? n : self->attrs[M].i;
  g_autoptr (TlTensor) ones = tl_ones (1, (const TlDim[]){ MIN (n, m) }, (TlDType)self->attrs[DTYPE].i, error);
  const TlAttrValue    values[] = { TL_INT (0), TL_INT (0), TL_INT (1), TL_INTS2 (n, m) };

  self->dx[0] = ones != NULL ? tl_op_apply1 (&tl_op_diagonal_scatter, &ones, 1, values, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "", "n = 3" }, { "", "n = 2, m = 4, dtype = i64" }, { "", "n = 3, m = 1, dtype = bool" }, { "", "n = 0" }, { NULL } };

const TlOpClass tl_op_eye = {
  .name = "eye",
  .group = "creation",
  .doc = "Ones on the diagonal, zeros elsewhere.",
  .formula = "y[i, j] = i = j",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "EyeLike", 9 },
  .torch = "torch.eye(n, n if m < 0 else m, dtype=dtype)",
};
