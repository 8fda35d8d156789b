/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/separable-common.h"

enum { P_DEPTHWISE,
       P_POINTWISE };

/* Conv1d or Conv2d, as the row has axes. */
static const TlLayerClass *
conv_of (const TlLayerClass *klass)
{
  return tl_layer_find (klass->attrs[tl_attr_find (klass->attrs, "kernel")].n == 1 ? "Conv1d" : "Conv2d");
}

/* The windows of each channel; *@n_out: (out): channels behind them.  Attributes of the same name go to the part. */
static gboolean
declare_depthwise (TlLayerSetup *self,
                   gboolean      has_bias,
                   TlDim        *n_out,
                   GError      **error)
{
  TlDim n_in;

  if (!tl_layer_in_size (self, 0, 1, 0, &n_in, error))
    return FALSE;
  *n_out = n_in * self->attrs[tl_attr_find (self->klass->attrs, "depth_multiplier")].i;
  return tl_layer_declare_part (self, P_DEPTHWISE, "depthwise", conv_of (self->klass),
                                (const TlLayerAttr[]){ { "in_channels", TL_INPUT_INT (n_in) },
                                                       { "out", TL_INPUT_INT (*n_out) },
                                                       { "groups", TL_INPUT_INT (n_in) },
                                                       { "bias", TL_INPUT_BOOL (has_bias) } },
                                4, self->in, self->n_in, error);
}

gboolean
tl_depthwise_setup (TlLayerSetup *self,
                    GError      **error)
{
  TlDim n_out;

  return declare_depthwise (self, self->attrs[tl_attr_find (self->klass->attrs, "bias")].i != 0, &n_out, error);
}

gboolean
tl_depthwise_forward (TlLayerForward *self,
                      GError        **error)
{
  self->out[0] = tl_layer_run_part1 (self, P_DEPTHWISE, self->in[0], error);
  return self->out[0] != NULL;
}

gboolean
tl_separable_setup (TlLayerSetup *self,
                    GError      **error)
{
  TlDim n_between;

  return declare_depthwise (self, FALSE, &n_between, error) &&
         tl_layer_declare_part (self, P_POINTWISE, "pointwise", conv_of (self->klass),
                                (const TlLayerAttr[]){ { "in_channels", TL_INPUT_INT (n_between) },
                                                       { "kernel", TL_INPUT_INT (1) },
                                                       { "stride", TL_INPUT_INT (1) },
                                                       { "padding", TL_INPUT_INT (0) },
                                                       { "dilation", TL_INPUT_INT (1) } },
                                5, NULL, 0, error);
}

gboolean
tl_separable_forward (TlLayerForward *self,
                      GError        **error)
{
  g_autoptr (TlTensor) between = tl_layer_run_part1 (self, P_DEPTHWISE, self->in[0], error);

  self->out[0] = between != NULL ? tl_layer_run_part1 (self, P_POINTWISE, between, error) : NULL;
  return self->out[0] != NULL;
}
