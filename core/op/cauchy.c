/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlPort out_ports[] = { { "y", "random numbers", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "median", "their middle", TL_ATTR_FLOAT },
  { "sigma", "half of the width at half of the height", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-300, .max = 1e300 },
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
  TlMeta               out;
  g_autoptr (TlTensor) u = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  u = tl_random_of_shape (&tl_op_rand, &out, self->in[0], &self->attrs[4], error);
  self->dx[0] = tl_map_numbers ("b + c * tan (3.141592653589793 * (a - 0.5))", &u, 1, numbers, 2, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "i64:<9", "shape = {3, 4}" },
  { "i64:<9", "shape = {70, 3}, seed = 5, stream = 2" },
  { "i64:<9", "shape = {}" },
  { "i64:<9", "shape = {0}" },
  { NULL },
};

const TlOpClass tl_op_cauchy = {
  .name = "cauchy",
  .group = "random",
  .doc = "Random numbers of the Cauchy distribution.",
  .formula = "y = median + sigma tan (pi (u - 1/2))",
  .source = "Devroye 1986, Non-Uniform Random Variate Generation, II.2",
  .in = tl_random_ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
};
