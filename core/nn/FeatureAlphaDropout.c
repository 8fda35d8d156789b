/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_dropout_alpha (self, 2, error);
}

static const TlSample samples[] = { { "3,2,2" }, { "2,3,2,2", "p = 0.2" }, { "3,2", "p = 0" }, { NULL } };

const TlLayerClass tl_layer_FeatureAlphaDropout = {
  .name = "FeatureAlphaDropout",
  .group = "regularisation",
  .doc = "In training, sets random channels to what SELU tends to, so that mean 0 and variance 1 stay; else does nothing.",
  .formula = "y = a (x with probability 1 - p, else -1.758) + b",
  .source = "Klambauer et al. 2017, arXiv:1706.02515",
  .in = tl_layer_ports_x,
  .attrs = tl_dropout_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.FeatureAlphaDropout(p)",
};
