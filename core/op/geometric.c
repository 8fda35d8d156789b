/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "p", "chance of a success", TL_ATTR_FLOAT, .required = TRUE, .def = { .d = 0.5 }, .has_range = TRUE, .min = 1e-12, .max = 0.999999999999 },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_random_draw (self, &tl_op_rand, TL_DTYPE_F32, "max (ceil (log1p (-a) / log1p (-b)), 1)", error);
}

const TlOpClass tl_op_geometric = {
  .name = "geometric",
  .group = "random",
  .doc = "Random numbers of trials up to the first success.",
  .formula = "y = ceil (ln (1 - u) / ln (1 - p)), at least 1",
  .source = "Devroye 1986, Non-Uniform Random Variate Generation, X.2",
  .in = tl_random_ports,
  .out = tl_random_out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = tl_random_infer,
  .decompose = decompose,
  .samples = tl_random_samples,
};
