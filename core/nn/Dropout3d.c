/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"

static const TlPort ports[] = { { "x", "volumes `[n, channels, depth, height, width]`" }, { NULL } };

static const TlSample samples[] = { { "3,2,2,3,2" }, { "2,2,3,1,2", "p = 0.2" }, { "2,2,1,3,2", "p = 0" }, { NULL } };

const TlLayerClass tl_layer_Dropout3d = {
  .name = "Dropout3d",
  .group = "regularisation",
  .doc = "In training, sets random channels of volumes to zero and enlarges the others; else does nothing.",
  .formula = "y = x / (1 - p) for a channel with probability 1 - p, else 0",
  .source = "Tompson et al. 2015, arXiv:1411.4280",
  .in = ports,
  .attrs = tl_dropout_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = tl_dropout_channels,
  .samples = samples,
  .torch = "torch.nn.Dropout3d(p)",
};
