/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { NULL } };

const TlLayerClass tl_layer_Tanh = {
  .name = "Tanh",
  .group = "activation",
  .doc = "Hyperbolic tangent.",
  .formula = "y = tanh (x)",
  .source = "LeCun et al. 1998, doi:10.1007/3-540-49430-8_2",
  .in = tl_layer_ports_x,
  .op = "tanh",
  .samples = samples,
  .torch = "torch.nn.Tanh()",
};
