/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/recurrent-common.h"

static const TlAttrSpec attrs[] = {
  TL_RECURRENT_SIZE_ATTRS,
  TL_RECURRENT_LAYERS_ATTR,
  TL_RECURRENT_BIAS_ATTR,
  TL_RECURRENT_SEQUENCE_ATTRS,
  { "proj_size", "size to which the states, but not the cells, are projected; 0: they are not", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 / 4 },
  { NULL },
};

static const TlSample samples[] = {
  { "3,2,3", "hidden = 2" },
  { "2,3,2; 1,2,2; 1,2,2", "hidden = 2, batch_first = true" },
  { "2,2,2; 4,2,2; 4,2,2", "hidden = 2, num_layers = 2, bidirectional = true" },
  { "2,2,1", "hidden = 1, num_layers = 2, bias = false, dropout = 0.3, batch_first = true" },
  { "3,2; 2,2; 2,2", "hidden = 2, bidirectional = true, batch_first = true" },
  { "3,2,3", "hidden = 4, proj_size = 2, num_layers = 2, bidirectional = true" },
  { "3,2,2; 2,2,1; 2,2,3", "hidden = 3, proj_size = 1, bidirectional = true" },
  { "1,3; 1,2; 1,3", "hidden = 3, proj_size = 2, bias = false" },
  { NULL },
};

const TlLayerClass tl_layer_LSTM = {
  .name = "LSTM",
  .group = "recurrent",
  .doc = "Long short-term memory over a sequence, in layers and both directions if wanted.",
  .formula = "c = f c' + i g, h = o tanh c; gates i, f, g, o of weight_ih x + bias_ih + weight_hh h' + bias_hh",
  .source = "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735",
  .in = tl_recurrent_layer_ports_2,
  .out = tl_recurrent_layer_out_2,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .op = "lstm",
  .setup = tl_recurrent_layer_setup,
  .forward = tl_recurrent_layer_forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.LSTM,), {'forward': lambda self, x, *s: torch.nn.LSTM.forward(self, x, s or None)})"
           "(x0.shape[-1], hidden, num_layers, bias=bias, batch_first=batch_first, dropout=dropout, bidirectional=bidirectional, proj_size=proj_size)",
};
