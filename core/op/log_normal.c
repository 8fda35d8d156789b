/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlPort out_ports[] = { { "y", "random numbers", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "mean", "mean of the logarithms", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "std", "their standard deviation", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .min = 0, .max = 1e300 },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = (TlDType)self->attrs[3].i;

  if (!tl_random_infer_call (self, 0, error))
    return FALSE;
  if (!tl_dtype_is_float (dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be floating, not %s", tl_dtype_name (dtype));
  tl_infer_out (self, 0, dtype, (guint)self->attrs[0].n, self->attrs[0].v);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const double         numbers[] = { self->attrs[1].d, self->attrs[2].d };
  TlMeta               out, wide;
  g_autoptr (TlTensor) u = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) narrow = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  wide = out;
  /* An exponential of f32 would not be the same number on every instruction set. */
  wide.dtype = TL_DTYPE_F64;
  u = tl_random_of_shape (&tl_op_randn, &wide, self->in[0], &self->attrs[4], error);
  y = tl_map_numbers ("exp (b + c * a)", &u, 1, numbers, 2, error);
  narrow = y != NULL ? tl_cast (y, out.dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32, error) : NULL;
  self->dx[0] = narrow != NULL ? tl_cast (narrow, out.dtype, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "i64:<9", "shape = {3, 4}" },
  { "i64:<9", "shape = {70, 3}, seed = 5, stream = 2" },
  { "i64:<9", "shape = {}" },
  { "i64:<9", "shape = {0}" },
  { NULL },
};

const TlOpClass tl_op_log_normal = {
  .name = "log_normal",
  .group = "random",
  .doc = "Random numbers whose logarithm is normally distributed.",
  .formula = "ln y is normal with mean and std",
  .source = "Crow & Shimizu 1988, Lognormal Distributions",
  .in = tl_random_ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
};
