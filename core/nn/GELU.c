/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const char *const approximations[] = { "none", "tanh", NULL };

static const TlAttrSpec attrs[] = {
  { "approximate", "how the error function is computed", TL_ATTR_ENUM, .names = approximations },
  { NULL },
};

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { NULL } };

const TlLayerClass tl_layer_GELU = {
  .name = "GELU",
  .group = "activation",
  .doc = "Gaussian error linear unit.",
  .formula = "y = x/2 (1 + erf (x / sqrt 2))",
  .source = "Hendrycks & Gimpel 2016, arXiv:1606.08415",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .op = "gelu",
  .samples = samples,
  .torch = "torch.nn.GELU(approximate)",
};
