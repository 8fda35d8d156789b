/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/transformer-common.h"

static const TlPort ports[] = {
  { "tgt", "`[l, n, d_model]`" },
  { "memory", "what an encoder made `[s, n, d_model]`" },
  { "tgt_mask", "`[l, l]` or `[n nhead, l, l]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "memory_mask", "`[l, s]` or `[n nhead, l, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "tgt_key_padding_mask", "`[n, l]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "memory_key_padding_mask", "`[n, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_TRANSFORMER_SIZE_ATTRS,
  { "num_layers", "layers one upon the other", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = 1000 },
  TL_TRANSFORMER_ATTRS,
  { "norm", "whether the result is normalised", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  return tl_transformer_stack_setup (self, tl_layer_find ("TransformerDecoderLayer"), error);
}

static const TlSample samples[] = {
  { "2,2,2; 2,3,2", "nhead = 1, num_layers = 2, dim_feedforward = 2, batch_first = true" },
  { "2,1,2; 3,1,2; -; 2,3", "nhead = 2, num_layers = 1, dim_feedforward = 3, norm = true, norm_first = true, dropout = 0" },
  { NULL },
};

const TlLayerClass tl_layer_TransformerDecoder = {
  .name = "TransformerDecoder",
  .group = "transformer",
  .doc = "A stack of decoder layers, with a normalisation at the end if wanted.",
  .formula = "y = layer_n (... layer_1 (x))",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = tl_transformer_stack_forward,
  .samples = samples,
  .torch = "torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(x0.shape[-1], nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias), "
           "num_layers, torch.nn.LayerNorm(x0.shape[-1], layer_norm_eps, bias=bias) if norm else None)",
};
