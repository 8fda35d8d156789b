/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "median", "where the middle is", TL_ATTR_FLOAT },
  { "sigma", "half the width at half the height", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-300, .max = 1e300 },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_random_draw (self, &tl_op_rand, TL_DTYPE_F64, "b + c * tan (3.141592653589793 * (a - 0.5))", error);
}

const TlOpClass tl_op_cauchy = {
  .name = "cauchy",
  .group = "random",
  .doc = "Random numbers of the Cauchy distribution.",
  .formula = "y = median + sigma tan (pi (u - 1/2)), u from 0 to below 1",
  .source = "Devroye 1986, Non-Uniform Random Variate Generation, II.2",
  .in = tl_random_ports,
  .out = tl_random_out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = tl_random_infer,
  .decompose = decompose,
  .samples = tl_random_samples,
};
