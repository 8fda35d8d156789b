/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "a", "result for weight 0" },
  { "b", "result for weight 1" },
  { "weight", "share of b" },
  { NULL },
};

/**
 * tl_lerp:
 * @a: result for weight 0
 * @b: result for weight 1
 * @weight: share of @b
 * @error: return location for an error
 *
 * Shapes: the three are broadcast against each other
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): `a + weight (b - a)`, or %NULL
 */
TlTensor *
tl_lerp (TlTensor *a,
         TlTensor *b,
         TlTensor *weight,
         GError  **error)
{
  TlTensor *in[] = { a, b, weight };

  return tl_op_apply1 (&tl_op_lerp, in, 3, NULL, error);
}

static const TlSample samples[] = { { "3,4; 3,4; 3,4" }, { "2,3,4; 4; 3,1" }, { "; ; " }, { "0,3; 3; 1" }, { NULL } };

const TlOpClass tl_op_lerp = {
  .name = "lerp",
  .group = "arithmetic",
  .doc = "Linear interpolation.",
  .formula = "y = a + weight (b - a)",
  .source = "elementary",
  .in = ports,
  .expr = "a + weight * (b - a)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.lerp(x0, x1, x2)",
};
