/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlPort ports[] = {
  { "x", "first input" },
  { "others", "inputs that differ at most along dim", TL_PORT_VARIADIC },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis along which they are put together, from the end if negative", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static const TlSample samples[] = { { "3,4; 3,2" }, { "2,3,4; 1,3,4; 2,3,4", "dim = 0" }, { "2,3; 2,3", "dim = -1" }, { NULL } };

const TlLayerClass tl_layer_Concat = {
  .name = "Concat",
  .group = "structure",
  .doc = "Puts its inputs together along an axis.",
  .formula = "y = [x, others[0], ...]",
  .source = "Huang et al. 2017, arXiv:1608.06993",
  .in = ports,
  .attrs = attrs,
  .op = "concat",
  .torch = "torch.cat(x, dim)",
  .samples = samples,
};
