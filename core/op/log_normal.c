/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "mean", "mean of the logarithms", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "std", "their standard deviation", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .min = 0, .max = 1e300 },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_random_draw (self, &tl_op_randn, TL_DTYPE_F64, "exp (b + c * a)", error);
}

const TlOpClass tl_op_log_normal = {
  .name = "log_normal",
  .group = "random",
  .doc = "Random numbers whose logarithm is normally distributed.",
  .formula = "ln y is normal with mean and std",
  .source = "Crow & Shimizu 1988, Lognormal Distributions",
  .in = tl_random_ports,
  .out = tl_random_out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = tl_random_infer,
  .decompose = decompose,
  .samples = tl_random_samples,
};
