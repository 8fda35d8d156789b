/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_gather_prepare (self, TL_SCATTER_SET);
  self->kernel = &tl_scatter_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_IN (2), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta        *src = &self->in[2]->meta;
  g_autoptr (TlTensor) zeros = NULL;

  if (self->needs[0]) {
    zeros = tl_zeros (src->rank, src->shape, src->dtype, error);
    self->dx[0] = zeros != NULL ? tl_scatter (self->dy[0], (gint)self->attrs[0].i, self->in[1], zeros, error) : NULL;
    if (self->dx[0] == NULL)
      return FALSE;
  }
  if (self->needs[2])
    self->dx[2] = tl_gather (self->dy[0], (gint)self->attrs[0].i, self->in[1], error);
  return !self->needs[2] || self->dx[2] != NULL;
}

/**
 * tl_scatter:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @index: positions along it, i64, i32 or u8, of as many axes as @x
 * @src: an element for each index
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): @x with the elements of @src in place, or %NULL
 */
TlTensor *
tl_scatter (TlTensor *x,
            gint      axis,
            TlTensor *index,
            TlTensor *src,
            GError  **error)
{
  TlTensor         *in[] = { x, index, src };
  const TlAttrValue values[] = { TL_INT (axis) };

  return tl_op_apply1 (&tl_op_scatter, in, 3, values, error);
}

const TlOpClass tl_op_scatter = {
  .name = "scatter",
  .group = "index",
  .doc = "Elements put along an axis, by an index for each of them; of equal indices the last one counts.",
  .formula = "y = x, then y[i, index[i, j]] = src[i, j] along dim",
  .source = "elementary",
  .in = tl_scatter_ports,
  .attrs = tl_gather_attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_scatter_infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = tl_scatter_samples,
  .onnx = { "ScatterElements", 11 },
  .torch = "torch.scatter(x0, dim, x1.long(), x2)",
};
