/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlAttrSpec attrs[] = {
  { "negative_slope", "slope for negative x", TL_ATTR_FLOAT, .def = { .d = 0.01 } },
  { NULL },
};

static const TlSample samples[] = { { "3,4", .kinks = "0" }, { "2,3,4,5", "negative_slope = 0.2", .kinks = "0" }, { NULL } };

const TlLayerClass tl_layer_LeakyReLU = {
  .name = "LeakyReLU",
  .group = "activation",
  .doc = "Rectified linear unit with a small slope for negative x.",
  .formula = "y = x where x > 0, else negative_slope x",
  .source = "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .op = "leaky_relu",
  .samples = samples,
  .torch = "torch.nn.LeakyReLU(negative_slope)",
};
