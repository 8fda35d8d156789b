/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "condition", "bool", TL_PORT_NODIFF },
  { "a", "taken where it is true" },
  { "b", "taken where it is false" },
  { NULL },
};

/**
 * tl_where:
 * @condition: bool tensor
 * @a: taken where it is true
 * @b: taken where it is false
 * @error: return location for an error
 *
 * Shapes: the three are broadcast against each other
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): elements of @a or @b, or %NULL
 */
TlTensor *
tl_where (TlTensor *condition,
          TlTensor *a,
          TlTensor *b,
          GError  **error)
{
  TlTensor *in[] = { condition, a, b };

  return tl_op_apply1 (&tl_op_where, in, 3, NULL, error);
}

static const TlSample samples[] = { { "bool:3,4; 3,4; 3,4" }, { "bool:4; 2,3,4; 3,1" }, { "bool:; 3; 3" }, { "bool:0,3; 3; 3" }, { NULL } };

const TlOpClass tl_op_where = {
  .name = "where",
  .group = "comparison",
  .doc = "Elements of one of two tensors, by a condition.",
  .formula = "y = a where condition, else b",
  .source = "elementary",
  .in = ports,
  .precision = TL_PRECISION_MOVES,
  .expr = "select (condition, a, b)",
  .samples = samples,
  .onnx = { "Where", 9 },
  .torch = "torch.where(x0, x1, x2)",
};
