/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4,5", .kinks = "0" }, { NULL } };

const TlLayerClass tl_layer_ReLU = {
  .name = "ReLU",
  .group = "activation",
  .doc = "Rectified linear unit.",
  .formula = "y = max (x, 0)",
  .source = "Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
  .in = tl_layer_ports_x,
  .op = "relu",
  .samples = samples,
  .torch = "torch.nn.ReLU()",
};
