/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

enum { NUM_GROUPS,
       NUM_CHANNELS,
       EPS,
       AFFINE,
       BIAS };
enum { V_WEIGHT,
       V_BIAS };

static const TlPort ports[] = { { "x", "`[n, channels, ...]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "num_groups", "parts into which the channels are divided", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "num_channels", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .max = 1 },
  { "affine", "whether the result is scaled and shifted by parameters", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "bias", "whether the parameters of affine shift too, rather than only scale", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim n;

  if (!tl_layer_in_size (self, 0, 1, NUM_CHANNELS, &n, error))
    return FALSE;
  if (!self->attrs[AFFINE].i)
    return TRUE;
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, 1, &n, (TlInit){ &tl_initializer_ones, 1 });
  if (self->attrs[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);

  return tl_layer_apply (self, (TlTensor *[]){ self->in[0], weight, bias }, bias != NULL ? 3 : weight != NULL ? 2
                                                                                                              : 1,
                         error);
}

static const TlSample samples[] = {
  { "2,4,3", "num_groups = 2" },
  { "2,6,2,3", "num_groups = 3, eps = 0.01" },
  { "3,4,2", "num_groups = 1, affine = false" },
  { "2,4,3", "num_groups = 2, bias = false" },
  { NULL },
};

const TlLayerClass tl_layer_GroupNorm = {
  .name = "GroupNorm",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 over groups of channels of each item, then scaled and shifted.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Wu & He 2018, arXiv:1803.08494",
  .in = ports,
  .attrs = attrs,
  .op = "group_norm",
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.GroupNorm(num_groups, x0.shape[1], eps, affine, bias=bias)",
};
