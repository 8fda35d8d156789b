/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the layers of transformers share: attributes under PyTorch's names, attention and feed-forward around residuals, stacks.
 *
 * A layer's parts have PyTorch's names, so that its state can be carried over: self_attn, multihead_attn, linear1, linear2, norm1,
 * dropout1...; a stack has layers.0, layers.1... and norm.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

extern const char *const tl_transformer_activations[];

// clang-format off
#define TL_TRANSFORMER_SIZE_ATTRS                                                                                                   \
  { "d_model", "size of an item; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 / 4 },                \
  { "nhead", "number of heads, which share d_model", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = 65535 }
#define TL_TRANSFORMER_ATTRS                                                                                                        \
  { "dim_feedforward", "size between the two linear layers", TL_ATTR_INT, .def = { .i = 2048 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 }, \
  { "dropout", "probability with which something becomes zero in training", TL_ATTR_FLOAT, .def = { .d = 0.1 }, .has_range = TRUE, .max = 1 }, \
  { "activation", "between the two linear layers", TL_ATTR_ENUM, .names = tl_transformer_activations },                             \
  { "layer_norm_eps", "added to the variance in normalisations", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .max = 1 }, \
  { "batch_first", "whether inputs are [n, length, d_model] rather than [length, n, d_model]", TL_ATTR_BOOL },                       \
  { "norm_first", "whether normalisation comes before attention and feed-forward rather than behind the sum", TL_ATTR_BOOL },        \
  { "bias", "whether linear layers and normalisations have biases", TL_ATTR_BOOL, .def = { .i = TRUE } },                            \
  { "is_causal", "whether an item sees only those up to its own position", TL_ATTR_BOOL },                                          \
  { "weight_init", "how linear layers get their first values: name of an initialiser; if not given, as Linear does", TL_ATTR_STRING }
// clang-format on

extern const TlAttrSpec tl_transformer_layer_attrs[];
extern const TlAttrSpec tl_transformer_stack_attrs[];
extern const TlPort     tl_transformer_decoder_ports[];

/* By name, which the row must have. */
const TlAttrValue *tl_transformer_attr (const TlLayerClass *klass,
                                        const TlAttrValue  *values,
                                        const char         *name);
/* d_model of the attribute or of the first input. */
gboolean tl_transformer_size (TlLayerSetup *self,
                              TlDim        *size,
                              GError      **error);

/* Parts of a layer; attributes that have the layer's names are handed on. */
gboolean tl_transformer_declare_attention (TlLayerSetup *self,
                                           guint         slot,
                                           const char   *name,
                                           TlDim         size,
                                           gboolean      is_causal,
                                           GError      **error);
gboolean tl_transformer_declare_norm (TlLayerSetup *self,
                                      guint         slot,
                                      const char   *name,
                                      TlDim         size,
                                      GError      **error);
gboolean tl_transformer_declare_dropout (TlLayerSetup *self,
                                         guint         slot,
                                         const char   *name,
                                         GError      **error);
/* linear1, dropout, linear2 in three slots from @slot. */
gboolean tl_transformer_declare_forward (TlLayerSetup *self,
                                         guint         slot,
                                         TlDim         size,
                                         GError      **error);

/* A block around a residual: what it computes of an item, before the dropout and the sum. */
typedef TlTensor *(*TlTransformerBlock) (TlLayerForward *self,
                                         TlTensor       *x,
                                         GError        **error);

TlTensor *tl_transformer_residual (TlLayerForward    *self,
                                   TlTensor          *x,
                                   TlTransformerBlock block,
                                   guint              dropout,
                                   guint              norm,
                                   GError           **error);
TlTensor *tl_transformer_attend (TlLayerForward *self,
                                 guint           slot,
                                 TlTensor       *x,
                                 TlTensor       *memory,
                                 guint           padding_mask,
                                 guint           attn_mask,
                                 GError        **error);
TlTensor *tl_transformer_feed_forward (TlLayerForward *self,
                                       guint           slot,
                                       TlTensor       *x,
                                       GError        **error);

/* A stack of num_layers layers, whose row is called as the stack with "Layer" behind it, in slots 0..., then a normalisation if norm says so. */
gboolean tl_transformer_stack_setup (TlLayerSetup *self,
                                     GError      **error);
gboolean tl_transformer_stack_forward (TlLayerForward *self,
                                       GError        **error);

G_END_DECLS
