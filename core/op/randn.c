/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "mean", "mean of the numbers", TL_ATTR_FLOAT },
  { "std", "their standard deviation", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 0, .max = G_MAXDOUBLE },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_random_prepare (self, TL_RANDOM_NORMAL);
}

/**
 * tl_randn:
 * @rank: number of axes
 * @shape: (array length=rank): sizes
 * @mean: mean of the numbers
 * @std: their standard deviation
 * @dtype: floating
 * @counter: (nullable): the call counter of the owner; the context's if %NULL
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): random numbers, or %NULL
 */
TlTensor *
tl_randn (guint        rank,
          const TlDim *shape,
          double       mean,
          double       std,
          TlDType      dtype,
          TlVariable  *counter,
          GError     **error)
{
  return tl_random_apply (&tl_op_randn, rank, shape, mean, std, dtype, counter, error);
}

const TlOpClass tl_op_randn = {
  .name = "randn",
  .group = "random",
  .doc = "Normally distributed random numbers.",
  .formula = "y is normal with mean and std",
  .source = "Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405; Box & Muller 1958, doi:10.1214/aoms/1177706645",
  .in = tl_random_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = tl_random_infer,
  .prepare = prepare,
  .samples = tl_random_samples,
  .onnx = { "RandomNormal", 1 },
};
