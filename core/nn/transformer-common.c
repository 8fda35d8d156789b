/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/transformer-common.h"

#include "core/base/error.h"
#include "core/op/ops.h"

const char *const tl_transformer_activations[] = { "relu", "gelu", NULL };

const TlAttrSpec tl_transformer_layer_attrs[] = { TL_TRANSFORMER_SIZE_ATTRS, TL_TRANSFORMER_ATTRS, { NULL } };
const TlAttrSpec tl_transformer_stack_attrs[] = {
  TL_TRANSFORMER_SIZE_ATTRS,
  { "num_layers", "layers one upon the other", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = 1000 },
  TL_TRANSFORMER_ATTRS,
  { "norm", "whether the result is normalised", TL_ATTR_BOOL },
  { NULL },
};

const TlPort tl_transformer_decoder_ports[] = {
  { "tgt", "`[l, n, d_model]`" },
  { "memory", "what an encoder made `[s, n, d_model]`" },
  { "tgt_mask", "`[l, l]` or `[n nhead, l, l]`, as of MultiheadAttention", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "memory_mask", "`[l, s]` or `[n nhead, l, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "tgt_key_padding_mask", "`[n, l]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "memory_key_padding_mask", "`[n, s]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

const TlAttrValue *
tl_transformer_attr (const TlLayerClass *klass,
                     const TlAttrValue  *values,
                     const char         *name)
{
  return &values[tl_attr_find (klass->attrs, name)];
}

gboolean
tl_transformer_size (TlLayerSetup *self,
                     TlDim        *size,
                     GError      **error)
{
  return tl_layer_in_size (self, 0, -1, (guint)tl_attr_find (self->klass->attrs, "d_model"), size, error);
}

gboolean
tl_transformer_declare_attention (TlLayerSetup *self,
                                  guint         slot,
                                  const char   *name,
                                  TlDim         size,
                                  gboolean      is_causal,
                                  GError      **error)
{
  gint64            heads = tl_transformer_attr (self->klass, self->attrs, "nhead")->i;
  const TlLayerAttr attrs[] = { { "embed_dim", TL_INPUT_INT (size) }, { "num_heads", TL_INPUT_INT (heads) }, { "is_causal", TL_INPUT_BOOL (is_causal) } };

  return tl_layer_declare_part (self, slot, name, tl_layer_find ("MultiheadAttention"), attrs, G_N_ELEMENTS (attrs), NULL, 0, error);
}

gboolean
tl_transformer_declare_norm (TlLayerSetup *self,
                             guint         slot,
                             const char   *name,
                             TlDim         size,
                             GError      **error)
{
  TlAttrInput       shape = TL_INPUT_INT (size);
  double            eps = tl_transformer_attr (self->klass, self->attrs, "layer_norm_eps")->d;
  const TlLayerAttr attrs[] = { { "normalized_shape", TL_INPUT_LIST (&shape, 1) }, { "eps", TL_INPUT_NUMBER (eps) } };

  return tl_layer_declare_part (self, slot, name, tl_layer_find ("LayerNorm"), attrs, G_N_ELEMENTS (attrs), NULL, 0, error);
}

gboolean
tl_transformer_declare_dropout (TlLayerSetup *self,
                                guint         slot,
                                const char   *name,
                                GError      **error)
{
  const TlLayerAttr p = { "p", TL_INPUT_NUMBER (tl_transformer_attr (self->klass, self->attrs, "dropout")->d) };

  return tl_layer_declare_part (self, slot, name, tl_layer_find ("Dropout"), &p, 1, NULL, 0, error);
}

gboolean
tl_transformer_declare_forward (TlLayerSetup *self,
                                guint         slot,
                                TlDim         size,
                                GError      **error)
{
  const TlLayerClass *linear = tl_layer_find ("Linear");
  gint64              between = tl_transformer_attr (self->klass, self->attrs, "dim_feedforward")->i;
  const TlLayerAttr   wider[] = { { "in_features", TL_INPUT_INT (size) }, { "out", TL_INPUT_INT (between) } };
  const TlLayerAttr   narrower[] = { { "in_features", TL_INPUT_INT (between) }, { "out", TL_INPUT_INT (size) } };

  return tl_layer_declare_part (self, slot, "linear1", linear, wider, 2, NULL, 0, error) &&
         tl_transformer_declare_dropout (self, slot + 1, "dropout", error) &&
         tl_layer_declare_part (self, slot + 2, "linear2", linear, narrower, 2, NULL, 0, error);
}

/* x + dropout (block (norm (x))), or norm (x + dropout (block (x))). */
TlTensor *
tl_transformer_residual (TlLayerForward    *self,
                         TlTensor          *x,
                         TlTransformerBlock block,
                         guint              dropout,
                         guint              norm,
                         GError           **error)
{
  gboolean             norm_first = tl_transformer_attr (self->klass, self->attrs, "norm_first")->i != 0;
  g_autoptr (TlTensor) in = norm_first ? tl_layer_run_part1 (self, norm, x, error) : tl_tensor_ref (x);
  g_autoptr (TlTensor) y = in != NULL ? block (self, in, error) : NULL;
  g_autoptr (TlTensor) kept = y != NULL ? tl_layer_run_part1 (self, dropout, y, error) : NULL;
  g_autoptr (TlTensor) sum = kept != NULL ? tl_add (x, kept, error) : NULL;

  if (sum == NULL || norm_first)
    return g_steal_pointer (&sum);
  return tl_layer_run_part1 (self, norm, sum, error);
}

/* @padding_mask, @attn_mask: numbers of inputs, which may be missing */
TlTensor *
tl_transformer_attend (TlLayerForward *self,
                       guint           slot,
                       TlTensor       *x,
                       TlTensor       *memory,
                       guint           padding_mask,
                       guint           attn_mask,
                       GError        **error)
{
  TlTensor *in[] = { x, memory, memory, self->n_in > padding_mask ? self->in[padding_mask] : NULL, self->n_in > attn_mask ? self->in[attn_mask] : NULL };
  TlTensor *y = NULL;

  return tl_layer_run_part (self, slot, in, G_N_ELEMENTS (in), &y, 1, error) ? y : NULL;
}

/* @slot: of linear1 */
TlTensor *
tl_transformer_feed_forward (TlLayerForward *self,
                             guint           slot,
                             TlTensor       *x,
                             GError        **error)
{
  gboolean             gelu = tl_transformer_attr (self->klass, self->attrs, "activation")->i != 0;
  g_autoptr (TlTensor) wide = tl_layer_run_part1 (self, slot, x, error);
  g_autoptr (TlTensor) active = wide != NULL ? tl_op_apply1 (gelu ? &tl_op_gelu : &tl_op_relu, &wide, 1, NULL, error) : NULL;
  g_autoptr (TlTensor) kept = active != NULL ? tl_layer_run_part1 (self, slot + 1, active, error) : NULL;

  return kept != NULL ? tl_layer_run_part1 (self, slot + 2, kept, error) : NULL;
}

gboolean
tl_transformer_stack_setup (TlLayerSetup *self,
                            GError      **error)
{
  g_autofree char *row = g_strconcat (self->klass->name, "Layer", NULL);
  guint            n = (guint)tl_transformer_attr (self->klass, self->attrs, "num_layers")->i;
  TlDim            size;
  TlLayerAttr      attr = { "d_model" };

  if (!tl_transformer_size (self, &size, error))
    return FALSE;
  attr.value = TL_INPUT_INT (size);
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("layers.%u", i);

    if (!tl_layer_declare_part (self, i, name, tl_layer_find (row), &attr, 1, NULL, 0, error))
      return FALSE;
  }
  return tl_transformer_attr (self->klass, self->attrs, "norm")->i == 0 || tl_transformer_declare_norm (self, n, "norm", size, error);
}

/* Inputs but the first are the same for all layers. */
gboolean
tl_transformer_stack_forward (TlLayerForward *self,
                              GError        **error)
{
  guint                n = (guint)tl_transformer_attr (self->klass, self->attrs, "num_layers")->i;
  TlTensor            *in[TL_LAYER_MAX_IN];
  g_autoptr (TlTensor) x = tl_tensor_ref (self->in[0]);

  for (guint i = 1; i < self->n_in; i++)
    in[i] = self->in[i];
  for (guint i = 0; i < n; i++) {
    TlTensor *y = NULL;

    in[0] = x;
    if (!tl_layer_run_part (self, i, in, self->n_in, &y, 1, error))
      return FALSE;
    tl_tensor_unref (x);
    x = y;
  }
  if (tl_transformer_attr (self->klass, self->attrs, "norm")->i != 0)
    self->out[0] = tl_layer_run_part1 (self, n, x, error);
  else
    self->out[0] = g_steal_pointer (&x);
  return self->out[0] != NULL;
}
