/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = self->in[0]->dtype;

  if (!tl_dtype_is_float (dtype) && dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_I32)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "x must be floating, i64 or i32, not %s", tl_dtype_name (dtype));
  return tl_scatter_infer (self, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_gather_prepare (self, TL_SCATTER_ADD);
  self->kernel = &tl_scatter_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_IN (2), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  if (self->needs[0])
    self->dx[0] = tl_tensor_ref (self->dy[0]);
  if (self->needs[2])
    self->dx[2] = tl_gather (self->dy[0], (gint)self->attrs[0].i, self->in[1], error);
  return !self->needs[2] || self->dx[2] != NULL;
}

/**
 * tl_scatter_add:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @index: positions along it, i64, i32 or u8, of as many axes as @x
 * @src: an element for each index
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): @x with the elements of @src added, or %NULL
 */
TlTensor *
tl_scatter_add (TlTensor *x,
                gint      axis,
                TlTensor *index,
                TlTensor *src,
                GError  **error)
{
  TlTensor         *in[] = { x, index, src };
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_scatter_add, in, 3, values, error);
}

static const TlSample samples[] = {
  { "5; i64:6<5; 6", "dim = 0" },
  { "3,4; i64:3,6<4; 3,6", "dim = 1" },
  { "4,3; i64:9,2<4; 9,2", "dim = 0" },
  { "2,3,4; i32:2,5,4<3; 2,5,4", "dim = -2" },
  { "i64:4; i64:3<4; i64:3", "dim = 0" },
  { "2,2; i64:0,2<2; 0,2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_scatter_add = {
  .name = "scatter_add",
  .group = "index",
  .doc = "Elements added along an axis, by an index for each of them.",
  .formula = "y = x, then y[i, index[i, j]] += src[i, j] along dim",
  .source = "elementary",
  .in = tl_scatter_ports,
  .attrs = tl_gather_attrs,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "ScatterElements", 16 },
  .torch = "torch.scatter_add(x0, dim, x1.long(), x2)",
};
