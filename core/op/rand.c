/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "low", "smallest number", TL_ATTR_FLOAT },
  { "high", "numbers stay below it", TL_ATTR_FLOAT, .def = { .d = 1 } },
  TL_RANDOM_KEY_ATTRS,
  { NULL },
};

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_random_prepare (self, TL_RANDOM_UNIFORM);
}

/**
 * tl_rand:
 * @rank: number of axes
 * @shape: (array length=rank): sizes
 * @low: smallest number
 * @high: numbers stay below it
 * @dtype: floating
 * @counter: (nullable): the call counter of the owner; the context's if %NULL
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): random numbers, or %NULL
 */
TlTensor *
tl_rand (guint        rank,
         const TlDim *shape,
         double       low,
         double       high,
         TlDType      dtype,
         TlVariable  *counter,
         GError     **error)
{
  return tl_random_apply (&tl_op_rand, rank, shape, low, high, dtype, counter, error);
}

const TlOpClass tl_op_rand = {
  .name = "rand",
  .group = "random",
  .doc = "Uniformly distributed random numbers.",
  .formula = "y is uniform in [low, high)",
  .source = "Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405",
  .in = tl_random_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = tl_random_infer,
  .prepare = prepare,
  .samples = tl_random_samples,
  .onnx = { "RandomUniform", 1 },
};
