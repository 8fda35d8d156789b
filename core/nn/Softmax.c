/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axis along which the shares sum to one, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5", "dim = 1" }, { NULL } };

const TlLayerClass tl_layer_Softmax = {
  .name = "Softmax",
  .group = "activation",
  .doc = "Shares that are positive and sum to one along an axis.",
  .formula = "y = exp (x) / sum exp (x)",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .op = "softmax",
  .samples = samples,
  .torch = "torch.nn.Softmax(dim)",
};
