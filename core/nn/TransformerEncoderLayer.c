/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/transformer-common.h"

enum { SRC,
       SRC_MASK,
       SRC_KEY_PADDING_MASK };
enum { P_SELF_ATTN,
       P_LINEAR1,
       P_DROPOUT,
       P_LINEAR2,
       P_NORM1,
       P_NORM2,
       P_DROPOUT1,
       P_DROPOUT2 };

static const TlPort ports[] = {
  { "src", "`[l, n, d_model]`" },
  { "src_mask", "`[l, l]` or `[n nhead, l, l]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "src_key_padding_mask", "`[n, l]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  gboolean is_causal = tl_transformer_attr (self->klass, self->attrs, "is_causal")->i != 0;
  TlDim    size;

  return tl_transformer_size (self, &size, error) &&
         tl_transformer_declare_attention (self, P_SELF_ATTN, "self_attn", size, is_causal, error) &&
         tl_transformer_declare_forward (self, P_LINEAR1, size, error) &&
         tl_transformer_declare_norm (self, P_NORM1, "norm1", size, error) &&
         tl_transformer_declare_norm (self, P_NORM2, "norm2", size, error) &&
         tl_transformer_declare_dropout (self, P_DROPOUT1, "dropout1", error) &&
         tl_transformer_declare_dropout (self, P_DROPOUT2, "dropout2", error);
}

static TlTensor *
attend (TlLayerForward *self,
        TlTensor       *x,
        GError        **error)
{
  return tl_transformer_attend (self, P_SELF_ATTN, x, NULL, SRC_KEY_PADDING_MASK, SRC_MASK, error);
}

static TlTensor *
feed (TlLayerForward *self,
      TlTensor       *x,
      GError        **error)
{
  return tl_transformer_feed_forward (self, P_LINEAR1, x, error);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) x = tl_transformer_residual (self, self->in[SRC], attend, P_DROPOUT1, P_NORM1, error);

  self->out[0] = x != NULL ? tl_transformer_residual (self, x, feed, P_DROPOUT2, P_NORM2, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "3,2,4", "nhead = 2, dim_feedforward = 3" },
  { "2,3,4; bool:3,3", "nhead = 2, dim_feedforward = 3, batch_first = true, norm_first = true, activation = gelu" },
  { "2,3,2", "nhead = 1, dim_feedforward = 2, batch_first = true, bias = false, is_causal = true, dropout = 0, activation = gelu" },
  { NULL },
};

const TlLayerClass tl_layer_TransformerEncoderLayer = {
  .name = "TransformerEncoderLayer",
  .group = "transformer",
  .doc = "A layer of an encoder: attention to itself and two linear layers, each around a residual with normalisation.",
  .formula = "z = norm (x + attention (x)), y = norm (z + linear (activation (linear (z))))",
  .source = "Vaswani et al. 2017, arXiv:1706.03762; norm_first: Xiong et al. 2020, arXiv:2002.04745",
  .in = ports,
  .attrs = tl_transformer_layer_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.TransformerEncoderLayer,), {'forward': lambda self, x, m=None, p=None: torch.nn.TransformerEncoderLayer.forward("
           "self, x, torch.ones(x.shape[1], x.shape[1]).tril() == 0 if is_causal else m, p)})"
           "(x0.shape[-1], nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)",
};
