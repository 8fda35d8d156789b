/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  self->out[0] = *self->in[0];
  return TRUE;
}

static const TlPort ports[] = { { "x", "any tensor", TL_PORT_NODIFF }, { NULL } };

static const TlSample samples[] = { { "3,4" }, { "i64:3" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_detach = {
  .name = "detach",
  .group = "shape",
  .doc = "The same value, through which no gradient flows.",
  .formula = "y = x; dx = 0",
  .source = "elementary",
  .in = ports,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .samples = samples,
  .onnx = { "Identity", 1 },
  .torch = "x0.detach()",
};
