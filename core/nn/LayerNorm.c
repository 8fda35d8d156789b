/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/normalized-common.h"

enum { NORMALIZED_SHAPE,
       EPS,
       AFFINE,
       BIAS };
enum { V_WEIGHT,
       V_BIAS };

static const TlAttrSpec attrs[] = {
  TL_NORMALIZED_SHAPE,
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .max = 1 },
  { "elementwise_affine", "whether the result is scaled and shifted by parameters", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "bias", "whether it is shifted", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint n;

  if (!tl_normalized_find (self, shape, &n, error))
    return FALSE;
  if (!self->attrs[AFFINE].i)
    return TRUE;
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, n, shape, (TlInit){ &tl_initializer_ones, 1 });
  if (self->attrs[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, n, shape, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);

  return tl_normalized_apply (self, (TlTensor *[]){ self->in[0], weight, bias }, 3, error);
}

static const TlSample samples[] = {
  { "3,4" },
  { "2,3,4", "normalized_shape = {3, 4}" },
  { "2,3,4", "elementwise_affine = false" },
  { "3,5", "bias = false" },
  { NULL },
};

const TlLayerClass tl_layer_LayerNorm = {
  .name = "LayerNorm",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 over the last axes of each item, then scaled and shifted.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ba, Kiros & Hinton 2016, arXiv:1607.06450",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .op = "layer_norm",
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.LayerNorm(normalized_shape or x0.shape[-1], eps, elementwise_affine, bias)",
};
