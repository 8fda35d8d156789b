/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/transformer-common.h"

static const TlPort ports[] = {
  { "src", "`[l, n, d_model]`" },
  { "mask", "`[l, l]` or `[n nhead, l, l]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "src_key_padding_mask", "`[n, l]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlSample samples[] = {
  { "2,2,2", "nhead = 1, num_layers = 2, dim_feedforward = 2, batch_first = true" },
  { "2,1,2; 2,2", "nhead = 2, num_layers = 1, dim_feedforward = 3, norm = true, activation = gelu, dropout = 0" },
  { NULL },
};

const TlLayerClass tl_layer_TransformerEncoder = {
  .name = "TransformerEncoder",
  .group = "transformer",
  .doc = "A stack of encoder layers, with a normalisation at the end if wanted.",
  .formula = "y = layer_n (... layer_1 (x))",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .attrs = tl_transformer_stack_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_transformer_stack_setup,
  .forward = tl_transformer_stack_forward,
  .samples = samples,
  .torch = "torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(x0.shape[-1], nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias), "
           "num_layers, torch.nn.LayerNorm(x0.shape[-1], layer_norm_eps, bias=bias) if norm else None, enable_nested_tensor=False)",
};
