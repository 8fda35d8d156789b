/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { NULL } };

const TlLayerClass tl_layer_Sigmoid = {
  .name = "Sigmoid",
  .group = "activation",
  .doc = "Logistic function.",
  .formula = "y = 1 / (1 + exp (-x))",
  .source = "Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0",
  .in = tl_layer_ports_x,
  .op = "sigmoid",
  .samples = samples,
  .torch = "torch.nn.Sigmoid()",
};
