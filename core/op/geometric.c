/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlPort out_ports[] = { { "y", "random numbers", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "p", "chance of a success", TL_ATTR_FLOAT, .required = TRUE, .def = { .d = 0.5 }, .has_range = TRUE, .min = 1e-12, .max = 0.999999999999 },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = (TlDType)self->attrs[2].i;

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
  const double         numbers[] = { self->attrs[1].d };
  TlMeta               out, wide;
  g_autoptr (TlTensor) u = NULL;
  g_autoptr (TlTensor) y = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  wide = out;
  /* 16 bits are too few for what is computed from: only the result is rounded to them. */
  wide.dtype = out.dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32;
  u = tl_random_of_shape (&tl_op_rand, &wide, self->in[0], &self->attrs[3], error);
  y = tl_map_numbers ("max (ceil (log1p (-a) / log1p (-b)), 1)", &u, 1, numbers, 1, error);
  self->dx[0] = y != NULL ? tl_cast (y, out.dtype, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "i64:<9", "shape = {3, 4}" },
  { "i64:<9", "shape = {70, 3}, seed = 5, stream = 2" },
  { "i64:<9", "shape = {}" },
  { "i64:<9", "shape = {0}" },
  { NULL },
};

const TlOpClass tl_op_geometric = {
  .name = "geometric",
  .group = "random",
  .doc = "Random numbers of trials up to the first success.",
  .formula = "y = ceil (ln (1 - u) / ln (1 - p)), at least 1",
  .source = "Devroye 1986, Non-Uniform Random Variate Generation, X.2",
  .in = tl_random_ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
};
