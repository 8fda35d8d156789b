/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/batch-norm-common.h"

static const TlSample samples[] = { { "4,3" }, { "3,2,4", "affine = false, momentum = 0.3" }, { "5,3", "bias = false" }, { NULL } };

const TlLayerClass tl_layer_BatchNorm1d = {
  .name = "BatchNorm1d",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 of each channel of features over the batch, then scaled and shifted; else than in training by running statistics.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ioffe & Szegedy 2015, arXiv:1502.03167",
  .in = tl_batch_norm_ports_1d,
  .attrs = tl_batch_norm_attrs,
  .flags = TL_LAYER_MODAL,
  .setup = tl_batch_norm_setup,
  .forward = tl_batch_norm_layer_forward,
  .samples = samples,
  .torch = "torch.nn.BatchNorm1d(x0.shape[1], eps, momentum, affine, track_running_stats, bias=bias)",
};
