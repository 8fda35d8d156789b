/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/recurrent-common.h"

static const TlSample samples[] = {
  { "2,3", "hidden = 2" },
  { "3,2; 3,4", "hidden = 4" },
  { "1,2; 1,1", "hidden = 1, bias = false" },
  { "3; 2", "hidden = 2" },
  { NULL },
};

const TlLayerClass tl_layer_GRUCell = {
  .name = "GRUCell",
  .group = "recurrent",
  .doc = "Gated recurrent unit: one step.",
  .formula = "h = (1 - z) n + z h', n = tanh (x_n + r h_n); gates r, z of weight_ih x + bias_ih + weight_hh h' + bias_hh",
  .source = "Cho et al. 2014, arXiv:1406.1078",
  .in = tl_recurrent_cell_ports_1,
  .out = tl_recurrent_cell_out_1,
  .attrs = tl_recurrent_cell_attrs,
  .op = "gru",
  .setup = tl_recurrent_cell_setup,
  .forward = tl_recurrent_cell_forward,
  .samples = samples,
  .torch = "torch.nn.GRUCell(x0.shape[-1], hidden, bias)",
};
