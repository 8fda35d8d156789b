/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"

static const TlPort ports[] = {
  { "x", "any tensor", TL_PORT_CONTIGUOUS },
  { "index", "positions along dim, i64, i32 or u8, from the end if negative", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_gather_check (self, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[1]->rank, self->in[1]->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_gather_prepare (self, TL_SCATTER_SET);
  self->kernel = &tl_gather_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  g_autoptr (TlTensor) zeros = tl_zeros (x->rank, x->shape, x->dtype, error);

  self->dx[0] = zeros != NULL ? tl_scatter_add (zeros, (gint)self->attrs[0].i, self->in[1], self->dy[0], error) : NULL;
  return self->dx[0] != NULL;
}

/**
 * tl_gather:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @index: positions along it, i64, i32 or u8, of as many axes as @x
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE for a position out of range
 *
 * Returns: (transfer full): an element for each index, or %NULL
 */
TlTensor *
tl_gather (TlTensor *x,
           gint      axis,
           TlTensor *index,
           GError  **error)
{
  TlTensor         *in[] = { x, index };
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_gather, in, 2, values, error);
}

static const TlSample samples[] = {
  { "5; i64:3<5", "dim = 0" },
  { "3,4; i64:3,6<4", "dim = 1" },
  { "4,3; i32:2,3<4", "dim = 0" },
  { "2,3,4; u8:2,5,1<3", "dim = -2" },
  { "i64:4; i64:2<4", "dim = 0" },
  { "2,2; i64:0,2<2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_gather = {
  .name = "gather",
  .group = "index",
  .doc = "Elements along an axis, by an index for each of them.",
  .formula = "y[i, j] = x[i, index[i, j]] along dim",
  .source = "elementary",
  .in = ports,
  .attrs = tl_gather_attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "GatherElements", 11 },
  .torch = "torch.gather(x0, dim, x1.long())",
};
