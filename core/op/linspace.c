/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "core/op/common.h"

enum { START,
       END,
       STEPS,
       DTYPE };

static const TlAttrSpec attrs[] = {
  { "start", "first number", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = -DBL_MAX, .max = DBL_MAX },
  { "end", "last number", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = -DBL_MAX, .max = DBL_MAX },
  { "steps", "how many numbers", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 9e15 },
  { "dtype", "element type, floating", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = (TlDType)self->attrs[DTYPE].i;

  if (!tl_dtype_is_float (dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be floating, not %s", tl_dtype_name (dtype));
  tl_infer_out (self, 0, dtype, 1, (const TlDim[]){ self->attrs[STEPS].i });
  return TRUE;
}

/* Counted from both ends, so that the last number is exact. */
TlTensor *
tl_linspace (double   start,
             double   end,
             gint64   steps,
             TlDType  dtype,
             GError **error)
{
  g_autoptr (TlTensor) i = tl_arange (0, (double)steps, 1, TL_DTYPE_F64, error);
  g_autoptr (TlTensor) first = tl_tensor_new_number (start, FALSE);
  g_autoptr (TlTensor) last = tl_tensor_new_number (end, FALSE);
  g_autoptr (TlTensor) step = tl_tensor_new_number (steps > 1 ? (end - start) / (double)(steps - 1) : 0, FALSE);
  g_autoptr (TlTensor) most = tl_tensor_new_number (steps > 1 ? (double)(steps - 1) : 0, FALSE);
  g_autoptr (TlTensor) y = tl_map_text ("select (2 * a <= e, b + a * d, c - (e - a) * d)", error, 5, i, first, last, step, most);

  return y != NULL ? tl_cast (y, dtype, error) : NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_linspace (self->attrs[START].d, self->attrs[END].d, self->attrs[STEPS].i, (TlDType)self->attrs[DTYPE].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "", "start = 0, end = 1, steps = 5, dtype = f64" },
  { "", "start = 3, end = -2, steps = 7" },
  { "", "start = 2, end = 9, steps = 1" },
  { "", "start = 0, end = 1, steps = 0" },
  { NULL },
};

const TlOpClass tl_op_linspace = {
  .name = "linspace",
  .group = "creation",
  .doc = "Numbers at equal distances between two, both of them among the numbers.",
  .formula = "y[i] = start + i (end - start) / (steps - 1)",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linspace(start, end, steps, dtype=dtype)",
};
