/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_random_like (self, &tl_op_randn, error);
}

const TlOpClass tl_op_randn_like = {
  .name = "randn_like",
  .group = "random",
  .doc = "Normally distributed numbers in the shape and dtype of a tensor.",
  .formula = "y ~ N (0, 1)",
  .source = "Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405",
  .in = tl_random_like_ports,
  .out = tl_random_out_ports,
  .attrs = tl_random_like_attrs,
  .flags = TL_OP_RANDOM,
  .infer = tl_random_infer_like,
  .decompose = decompose,
  .samples = tl_random_like_samples,
};
