/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { NULL } };

const TlLayerClass tl_layer_SiLU = {
  .name = "SiLU",
  .group = "activation",
  .doc = "Sigmoid-weighted linear unit.",
  .formula = "y = x sigmoid (x)",
  .source = "Elfwing, Uchibe & Doya 2018, arXiv:1702.03118",
  .in = tl_layer_ports_x,
  .op = "silu",
  .samples = samples,
  .torch = "torch.nn.SiLU()",
};
