/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/recurrent-common.h"

static const TlAttrSpec attrs[] = {
  TL_RECURRENT_SIZE_ATTRS,
  TL_RECURRENT_BIAS_ATTR,
  TL_RECURRENT_NONLINEARITY_ATTR,
  { NULL },
};

static const TlSample samples[] = {
  { "2,3", "hidden = 2" },
  { "3,2; 3,4", "hidden = 4, nonlinearity = relu" },
  { "1,2; 1,1", "hidden = 1, bias = false" },
  { "3; 2", "hidden = 2" },
  { NULL },
};

const TlLayerClass tl_layer_RNNCell = {
  .name = "RNNCell",
  .group = "recurrent",
  .doc = "Recurrent network: one step.",
  .formula = "h = tanh (weight_ih x + bias_ih + weight_hh h' + bias_hh)",
  .source = "Elman 1990, doi:10.1207/s15516709cog1402_1",
  .in = tl_recurrent_cell_ports_1,
  .out = tl_recurrent_cell_out_1,
  .attrs = attrs,
  .op = "rnn",
  .setup = tl_recurrent_cell_setup,
  .forward = tl_recurrent_cell_forward,
  .samples = samples,
  .torch = "torch.nn.RNNCell(x0.shape[-1], hidden, bias, nonlinearity)",
};
