/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/batch-norm-common.h"

static const TlSample samples[] = { { "4,3,2,3" }, { "2,2,3,3", "affine = false, momentum = 0.3" }, { "3,2,2,2", "track_running_stats = false" }, { NULL } };

const TlLayerClass tl_layer_BatchNorm2d = {
  .name = "BatchNorm2d",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 of each channel of pictures over the batch, then scaled and shifted; else than in training by running statistics.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ioffe & Szegedy 2015, arXiv:1502.03167",
  .in = tl_channel_norm_ports_2d,
  .attrs = tl_batch_norm_attrs,
  .flags = TL_LAYER_MODAL,
  .setup = tl_batch_norm_setup,
  .forward = tl_batch_norm_layer_forward,
  .samples = samples,
  .torch = "torch.nn.BatchNorm2d(x0.shape[1], eps, momentum, affine, track_running_stats, bias=bias)",
};
