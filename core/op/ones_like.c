/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "x", "any tensor", TL_PORT_NODIFF }, { NULL } };
static const TlPort out_ports[] = { { "y", "the new tensor", TL_PORT_NODIFF }, { NULL } };

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;

  self->dx[0] = tl_full (x->rank, x->shape, 1, x->dtype, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "i64:2,3" }, { "bool:2" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_ones_like = {
  .name = "ones_like",
  .group = "creation",
  .doc = "Ones in the shape and dtype of a tensor.",
  .formula = "y = 1",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_infer_same,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "ConstantOfShape", 9 },
  .torch = "torch.ones_like(x0)",
};
