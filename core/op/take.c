/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "any tensor" },
  { "index", "positions in row-major order, i64, i32 or u8, from the end if negative", TL_PORT_NODIFF },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_index (self, 1, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[1]->rank, self->in[1]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *index = &self->in[1]->meta;
  g_autoptr (TlTensor) x = tl_flatten (self->in[0], 0, error);
  g_autoptr (TlTensor) flat = x != NULL ? tl_flatten (self->in[1], 0, error) : NULL;
  g_autoptr (TlTensor) y = flat != NULL ? tl_gather (x, 0, flat, error) : NULL;

  self->dx[0] = y != NULL ? tl_reshape (y, index->rank, index->shape, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; i64:2,3<12" }, { "5; i32:4<5" }, { "2,2; i64:<4" }, { "2; i64:0<2" }, { NULL } };

const TlOpClass tl_op_take = {
  .name = "take",
  .group = "index",
  .doc = "Elements by their number in row-major order.",
  .formula = "y[i] = x.flatten ()[index[i]]",
  .source = "elementary",
  .in = ports,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.take(x0, x1.long())",
};
