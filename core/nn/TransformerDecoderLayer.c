/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/transformer-common.h"

enum { TGT,
       MEMORY,
       TGT_MASK,
       MEMORY_MASK,
       TGT_KEY_PADDING_MASK,
       MEMORY_KEY_PADDING_MASK };
enum { P_SELF_ATTN,
       P_MULTIHEAD_ATTN,
       P_LINEAR1,
       P_DROPOUT,
       P_LINEAR2,
       P_NORM1,
       P_NORM2,
       P_NORM3,
       P_DROPOUT1,
       P_DROPOUT2,
       P_DROPOUT3 };

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  static const char *const norms[] = { "norm1", "norm2", "norm3" }, *const dropouts[] = { "dropout1", "dropout2", "dropout3" };
  gboolean is_causal = tl_transformer_attr (self->klass, self->attrs, "is_causal")->i != 0;
  TlDim    size;

  if (!tl_transformer_size (self, &size, error) ||
      !tl_transformer_declare_attention (self, P_SELF_ATTN, "self_attn", size, is_causal, error) ||
      !tl_transformer_declare_attention (self, P_MULTIHEAD_ATTN, "multihead_attn", size, FALSE, error) ||
      !tl_transformer_declare_forward (self, P_LINEAR1, size, error))
    return FALSE;
  for (guint i = 0; i < 3; i++)
    if (!tl_transformer_declare_norm (self, P_NORM1 + i, norms[i], size, error) ||
        !tl_transformer_declare_dropout (self, P_DROPOUT1 + i, dropouts[i], error))
      return FALSE;
  return TRUE;
}

static TlTensor *
attend_self (TlLayerForward *self,
             TlTensor       *x,
             GError        **error)
{
  return tl_transformer_attend (self, P_SELF_ATTN, x, NULL, TGT_KEY_PADDING_MASK, TGT_MASK, error);
}

static TlTensor *
attend_memory (TlLayerForward *self,
               TlTensor       *x,
               GError        **error)
{
  return tl_transformer_attend (self, P_MULTIHEAD_ATTN, x, self->in[MEMORY], MEMORY_KEY_PADDING_MASK, MEMORY_MASK, error);
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
  g_autoptr (TlTensor) x = tl_transformer_residual (self, self->in[TGT], attend_self, P_DROPOUT1, P_NORM1, error);
  g_autoptr (TlTensor) z = x != NULL ? tl_transformer_residual (self, x, attend_memory, P_DROPOUT2, P_NORM2, error) : NULL;

  self->out[0] = z != NULL ? tl_transformer_residual (self, z, feed, P_DROPOUT3, P_NORM3, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "3,2,2; 2,2,2", "nhead = 2, dim_feedforward = 3, activation = gelu" },
  { "2,2,4; 2,3,4; bool:2,2; bool:2,3", "nhead = 2, dim_feedforward = 2, batch_first = true, norm_first = true, activation = gelu" },
  { "2,2,2; 2,2,2", "nhead = 1, dim_feedforward = 2, batch_first = true, bias = false, is_causal = true, dropout = 0, activation = gelu" },
  { NULL },
};

const TlLayerClass tl_layer_TransformerDecoderLayer = {
  .name = "TransformerDecoderLayer",
  .group = "transformer",
  .doc = "A layer of a decoder: attention to itself, attention to an encoder's result and two linear layers, each around a residual with normalisation.",
  .formula = "z = norm (x + attention (x)), w = norm (z + attention (z, memory)), y = norm (w + linear (activation (linear (w))))",
  .source = "Vaswani et al. 2017, arXiv:1706.03762; norm_first: Xiong et al. 2020, arXiv:2002.04745",
  .in = tl_transformer_decoder_ports,
  .attrs = tl_transformer_layer_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.TransformerDecoderLayer,), {'forward': lambda self, x, z, *m: torch.nn.TransformerDecoderLayer.forward("
           "self, x, z, *([torch.ones(x.shape[1], x.shape[1]).tril() == 0] if is_causal else m))})"
           "(x0.shape[-1], nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)",
};
