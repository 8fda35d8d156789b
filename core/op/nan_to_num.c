/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "core/op/common.h"

enum { NAN_VALUE,
       POSINF,
       NEGINF };

static const TlAttrSpec attrs[] = {
  { "nan", "what replaces NaN", TL_ATTR_FLOAT, .has_range = TRUE, .min = -DBL_MAX, .max = DBL_MAX },
  { "posinf", "what replaces infinity; inf for the largest number of the dtype", TL_ATTR_FLOAT, .def = { .d = HUGE_VAL } },
  { "neginf", "what replaces negative infinity; -inf for the smallest number of the dtype", TL_ATTR_FLOAT, .def = { .d = -HUGE_VAL } },
  { NULL },
};

static double
largest (TlDType dtype)
{
  return dtype == TL_DTYPE_F64 ? DBL_MAX : dtype == TL_DTYPE_F16  ? 65504
                                         : dtype == TL_DTYPE_BF16 ? 0x1.fep127
                                                                  : FLT_MAX;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor    *x = self->in[0];
  double       limit = largest (self->out_metas[0].dtype), high = self->attrs[POSINF].d, low = self->attrs[NEGINF].d;
  const double numbers[] = { self->attrs[NAN_VALUE].d, high == HUGE_VAL ? limit : high, low == -HUGE_VAL ? -limit : low };

  if (tl_dtype_is_float (x->meta.dtype))
    self->dx[0] = tl_map_numbers ("select (a != a, b, select (isinf (a), select (a > 0, c, d), a))", &x, 1, numbers, 3, error);
  else
    self->dx[0] = tl_tensor_ref (x);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4" },
  { "f32:6", .special = "nan inf -inf" },
  { "6", "nan = -1, posinf = 2, neginf = -3", .special = "nan inf -inf" },
  { "f32:4", "posinf = 1e300, neginf = 2", .special = "nan inf -inf" },
  { "i64:3" },
  { "0" },
  { NULL },
};

const TlOpClass tl_op_nan_to_num = {
  .name = "nan_to_num",
  .group = "arithmetic",
  .doc = "Replaces NaN and infinities by numbers.",
  .formula = "y = nan where x is NaN, posinf or neginf where x is infinite, else x",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .infer = tl_infer_same,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.nan_to_num(x0, nan, None if posinf == math.inf else posinf, None if neginf == -math.inf else neginf)",
};
