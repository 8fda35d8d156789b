/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/recurrent-common.h"

static const TlAttrSpec attrs[] = {
  TL_RECURRENT_SIZE_ATTRS,
  TL_RECURRENT_LAYERS_ATTR,
  TL_RECURRENT_BIAS_ATTR,
  TL_RECURRENT_SEQUENCE_ATTRS,
  { NULL },
};

static const TlSample samples[] = {
  { "3,2,3", "hidden = 2" },
  { "2,3,2; 1,2,2", "hidden = 2, batch_first = true" },
  { "2,2,2; 4,2,2", "hidden = 2, num_layers = 2, bidirectional = true" },
  { "2,2,1", "hidden = 1, num_layers = 2, bias = false, dropout = 0.3, batch_first = true" },
  { "3,2; 2,2", "hidden = 2, bidirectional = true, batch_first = true" },
  { NULL },
};

const TlLayerClass tl_layer_GRU = {
  .name = "GRU",
  .group = "recurrent",
  .doc = "Gated recurrent unit over a sequence, in layers and both directions if wanted.",
  .formula = "h = (1 - z) n + z h', n = tanh (x_n + r h_n); gates r, z of weight_ih x + bias_ih + weight_hh h' + bias_hh",
  .source = "Cho et al. 2014, arXiv:1406.1078",
  .in = tl_recurrent_layer_ports_1,
  .out = tl_recurrent_layer_out_1,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .op = "gru",
  .setup = tl_recurrent_layer_setup,
  .forward = tl_recurrent_layer_forward,
  .samples = samples,
  .torch = "torch.nn.GRU(x0.shape[-1], hidden, num_layers, bias=bias, batch_first=batch_first, dropout=dropout, bidirectional=bidirectional)",
};
