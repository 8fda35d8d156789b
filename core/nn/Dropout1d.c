/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"

static const TlPort ports[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };

static const TlSample samples[] = { { "3,2,4" }, { "2,2,3", "p = 0.2" }, { "2,2,3", "p = 0" }, { NULL } };

const TlLayerClass tl_layer_Dropout1d = {
  .name = "Dropout1d",
  .group = "regularisation",
  .doc = "In training, sets random channels of sequences to zero and enlarges the others; else does nothing.",
  .formula = "y = x / (1 - p) for a channel with probability 1 - p, else 0",
  .source = "Tompson et al. 2015, arXiv:1411.4280",
  .in = ports,
  .attrs = tl_dropout_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = tl_dropout_channels,
  .samples = samples,
  .torch = "torch.nn.Dropout1d(p)",
};
