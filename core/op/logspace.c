/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "core/op/common.h"

enum { START,
       END,
       STEPS,
       BASE,
       DTYPE };

static const TlAttrSpec attrs[] = {
  { "start", "exponent of the first number", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = -DBL_MAX, .max = DBL_MAX },
  { "end", "exponent of the last number", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = -DBL_MAX, .max = DBL_MAX },
  { "steps", "how many numbers", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 9e15 },
  { "base", "what is raised", TL_ATTR_FLOAT, .def = { .d = 10 } },
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

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) exponents = tl_linspace (self->attrs[START].d, self->attrs[END].d, self->attrs[STEPS].i, TL_DTYPE_F64, error);
  g_autoptr (TlTensor) base = tl_tensor_new_number (self->attrs[BASE].d, FALSE);
  g_autoptr (TlTensor) y = tl_map_text ("pow (b, a)", error, 2, exponents, base);

  self->dx[0] = y != NULL ? tl_cast (y, (TlDType)self->attrs[DTYPE].i, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "", "start = 0, end = 2, steps = 5, dtype = f64" },
  { "", "start = 3, end = -2, steps = 6, base = 2, dtype = f64" },
  { "", "start = 0, end = 1, steps = 0" },
  { NULL },
};

const TlOpClass tl_op_logspace = {
  .name = "logspace",
  .group = "creation",
  .doc = "Powers with exponents at equal distances.",
  .formula = "y[i] = base^(start + i (end - start) / (steps - 1))",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.logspace(start, end, steps, base, dtype=dtype)",
};
