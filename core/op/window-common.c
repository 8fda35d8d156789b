/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/window-common.h"

#include <math.h>

enum { LENGTH,
       PERIODIC,
       DTYPE };

const TlAttrSpec tl_window_attrs[] = {
  { "window_length", "elements", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e12 },
  { "periodic", "whether the period is one more than the elements", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "dtype", "element type: f32 or f64", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
  { NULL },
};
const TlSample tl_window_samples[] = { { "", "window_length = 6" }, { "", "window_length = 5, periodic = false, dtype = f64" }, { "", "window_length = 1" }, { "", "window_length = 0" }, { NULL } };

gboolean
tl_window_infer (TlInfer *self,
                 GError **error)
{
  TlDType dtype = (TlDType)self->attrs[DTYPE].i;

  if (dtype != TL_DTYPE_F32 && dtype != TL_DTYPE_F64)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be f32 or f64, not %s", tl_dtype_name (dtype));
  tl_infer_out (self, 0, dtype, 1, &self->attrs[LENGTH].i);
  return TRUE;
}

gboolean
tl_window_decompose (TlGradient *self,
                     double      base,
                     double      first,
                     double      second,
                     GError    **error)
{
  gint64               n = self->attrs[LENGTH].i;
  TlDType              dtype = (TlDType)self->attrs[DTYPE].i;
  const double         numbers[] = { 2 * M_PI / (double)MAX (n - !self->attrs[PERIODIC].i, 1), base, first, second };
  g_autoptr (TlTensor) place = n > 1 ? tl_arange (0, (double)n, 1, TL_DTYPE_F64, error) : NULL;
  g_autoptr (TlTensor) y = NULL;

  if (n <= 1)
    self->dx[0] = tl_ones (1, &n, dtype, error);
  else
    y = tl_map_numbers ("c - d * cos (a * b) + e * cos (2 * a * b)", &place, 1, numbers, 4, error);
  if (y != NULL)
    self->dx[0] = tl_cast (y, dtype, error);
  return self->dx[0] != NULL;
}
