/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/batch-norm-common.h"

static const TlSample samples[] = {
  { "2,2,2,2,2" },
  { "2,2,2,2,2", "affine = true, eps = 0.01" },
  { "2,2,2,2,2", "affine = true, track_running_stats = true, momentum = 0.3" },
  { NULL },
};

const TlLayerClass tl_layer_InstanceNorm3d = {
  .name = "InstanceNorm3d",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 of each channel of each of the volumes; scaled and shifted, and with running statistics, if wanted.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022",
  .in = tl_channel_norm_ports_3d,
  .attrs = tl_instance_norm_attrs,
  .flags = TL_LAYER_MODAL,
  .op = "instance_norm",
  .setup = tl_batch_norm_setup,
  .forward = tl_instance_norm_forward,
  .samples = samples,
  .torch = "torch.nn.InstanceNorm3d(x0.shape[1], eps, momentum, affine, track_running_stats, bias=bias)",
};
