/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/transformer-common.h"

enum { SRC,
       TGT,
       SRC_MASK,
       TGT_MASK,
       MEMORY_MASK,
       SRC_KEY_PADDING_MASK,
       TGT_KEY_PADDING_MASK,
       MEMORY_KEY_PADDING_MASK };
enum { P_ENCODER,
       P_DECODER };

static const TlPort ports[] = {
  { "src", "what is read `[s, n, d_model]`" },
  { "tgt", "what was written so far `[l, n, d_model]`" },
  { "src_mask", "`[s, s]` or `[n nhead, s, s]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "tgt_mask", "`[l, l]` or `[n nhead, l, l]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "memory_mask", "`[l, s]` or `[n nhead, l, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "src_key_padding_mask", "`[n, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "tgt_key_padding_mask", "`[n, l]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "memory_key_padding_mask", "`[n, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

// clang-format off
static const TlAttrSpec attrs[] = {
  { "d_model", "size of an item; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 / 4 },
  { "nhead", "number of heads, which share d_model", TL_ATTR_INT, .def = { .i = 8 }, .has_range = TRUE, .min = 1, .max = 65535 },
  { "num_encoder_layers", "layers of the encoder", TL_ATTR_INT, .def = { .i = 6 }, .has_range = TRUE, .min = 1, .max = 1000 },
  { "num_decoder_layers", "layers of the decoder", TL_ATTR_INT, .def = { .i = 6 }, .has_range = TRUE, .min = 1, .max = 1000 },
  TL_TRANSFORMER_ATTRS,
  { NULL },
};
// clang-format on

static gboolean
declare_stack (TlLayerSetup *self,
               guint         slot,
               const char   *name,
               const char   *klass,
               const char   *count,
               TlDim         size,
               gboolean      is_causal,
               GError      **error)
{
  gint64            n = tl_transformer_attr (self->klass, self->attrs, count)->i;
  const char       *init = tl_transformer_attr (self->klass, self->attrs, "weight_init")->s;
  const TlLayerAttr attrs_of_it[] = {
    { "d_model", TL_INPUT_INT (size) },
    { "num_layers", TL_INPUT_INT (n) },
    { "norm", TL_INPUT_BOOL (TRUE) },
    { "is_causal", TL_INPUT_BOOL (is_causal) },
    { "weight_init", TL_INPUT_STRING (init != NULL && *init != '\0' ? init : "xavier_uniform") },
  };

  return tl_layer_declare_part (self, slot, name, tl_layer_find (klass), attrs_of_it, G_N_ELEMENTS (attrs_of_it), NULL, 0, error);
}

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  gboolean is_causal = tl_transformer_attr (self->klass, self->attrs, "is_causal")->i != 0;
  TlDim    size;

  return tl_transformer_size (self, &size, error) &&
         declare_stack (self, P_ENCODER, "encoder", "TransformerEncoder", "num_encoder_layers", size, FALSE, error) &&
         declare_stack (self, P_DECODER, "decoder", "TransformerDecoder", "num_decoder_layers", size, is_causal, error);
}

static TlTensor *
input (TlLayerForward *self,
       guint           i)
{
  return self->n_in > i ? self->in[i] : NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  TlTensor            *read[] = { self->in[SRC], input (self, SRC_MASK), input (self, SRC_KEY_PADDING_MASK) };
  g_autoptr (TlTensor) memory = NULL;
  TlTensor            *written[6];

  if (!tl_layer_run_part (self, P_ENCODER, read, G_N_ELEMENTS (read), &memory, 1, error))
    return FALSE;
  written[0] = self->in[TGT];
  written[1] = memory;
  written[2] = input (self, TGT_MASK);
  written[3] = input (self, MEMORY_MASK);
  written[4] = input (self, TGT_KEY_PADDING_MASK);
  written[5] = input (self, MEMORY_KEY_PADDING_MASK);
  return tl_layer_run_part (self, P_DECODER, written, G_N_ELEMENTS (written), &self->out[0], 1, error);
}

static const TlSample samples[] = {
  { "2,3,2; 2,2,2", "nhead = 2, num_encoder_layers = 1, num_decoder_layers = 2, dim_feedforward = 2, batch_first = true" },
  { "3,1,2; 2,1,2; bool:3,3; 2,2; -; 1,3", "nhead = 1, num_encoder_layers = 2, num_decoder_layers = 1, dim_feedforward = 2, dropout = 0, activation = gelu" },
  { "1,2,2; 1,3,2", "nhead = 1, num_encoder_layers = 1, num_decoder_layers = 1, dim_feedforward = 2, batch_first = true, norm_first = true, bias = false, is_causal = true" },
  { NULL },
};

const TlLayerClass tl_layer_Transformer = {
  .name = "Transformer",
  .group = "transformer",
  .doc = "An encoder that reads one sequence and a decoder that writes another; is_causal is the decoder's.",
  .formula = "y = decoder (tgt, encoder (src))",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.Transformer,), {'forward': lambda self, s, t, *m: torch.nn.Transformer.forward("
           "self, s, t, *([None, torch.ones(t.shape[1], t.shape[1]).tril() == 0] if is_causal else m))})"
           "(x0.shape[-1], nhead, num_encoder_layers, num_decoder_layers, dim_feedforward, dropout, activation, None, None, layer_norm_eps, "
           "batch_first, norm_first, bias)",
};
