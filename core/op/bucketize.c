/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "any numbers", TL_PORT_NODIFF },
  { "boundaries", "rising numbers `[n]`, same dtype", TL_PORT_NODIFF },
  { NULL },
};
static const TlPort out_ports[] = { { "indices", "of the bucket, i64", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = { { "right", "whether a bucket contains its left boundary instead of its right one", TL_ATTR_BOOL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 1, 1, 1, error))
    return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_I64, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor *in[] = { self->in[1], self->in[0] };

  self->dx[0] = tl_op_apply1 (&tl_op_searchsorted, in, 2, self->attrs, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "f32:2,3; f32:1" }, { "i64:6<4; i64:1<4", "right = true" }, { "f32:0; f32:1" }, { NULL } };

const TlOpClass tl_op_bucketize = {
  .name = "bucketize",
  .group = "sorting",
  .doc = "Number of the bucket in which each element lies.",
  .formula = "y = number of boundaries below x",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.bucketize(x0, x1, right=right)",
};
