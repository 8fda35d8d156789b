/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = { { "fill_value", "of every element", TL_ATTR_FLOAT, .required = TRUE }, { NULL } };

static const TlPort ports[] = { { "x", "any tensor", TL_PORT_NODIFF }, { NULL } };
static const TlPort out_ports[] = { { "y", "the new tensor", TL_PORT_NODIFF }, { NULL } };

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;

  self->dx[0] = tl_full (x->rank, x->shape, self->attrs[0].d, x->dtype, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4", "fill_value = 2" }, { "i64:2,3", "fill_value = 2" }, { "bool:2", "fill_value = 2" }, { "", "fill_value = 2" }, { "0", "fill_value = 2" }, { NULL } };

const TlOpClass tl_op_full_like = {
  .name = "full_like",
  .group = "creation",
  .doc = "One number in the shape and dtype of a tensor.",
  .formula = "y = fill_value",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_infer_same,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "ConstantOfShape", 9 },
  .torch = "torch.full_like(x0, fill_value)",
};
