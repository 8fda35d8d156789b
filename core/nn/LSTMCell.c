/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/recurrent-common.h"

static const TlSample samples[] = {
  { "2,3", "hidden = 2" },
  { "3,2; 3,4; 3,4", "hidden = 4" },
  { "1,2; 1,1; 1,1", "hidden = 1, bias = false" },
  { "3; 2; 2", "hidden = 2" },
  { NULL },
};

const TlLayerClass tl_layer_LSTMCell = {
  .name = "LSTMCell",
  .group = "recurrent",
  .doc = "Long short-term memory: one step.",
  .formula = "c = f c' + i g, h = o tanh c; gates i, f, g, o of weight_ih x + bias_ih + weight_hh h' + bias_hh",
  .source = "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735",
  .in = tl_recurrent_cell_ports_2,
  .out = tl_recurrent_cell_out_2,
  .attrs = tl_recurrent_cell_attrs,
  .op = "lstm",
  .setup = tl_recurrent_cell_setup,
  .forward = tl_recurrent_cell_forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.LSTMCell,), {'forward': lambda self, x, *s: torch.nn.LSTMCell.forward(self, x, s or None)})(x0.shape[-1], hidden, bias)",
};
