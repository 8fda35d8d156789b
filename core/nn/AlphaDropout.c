/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_dropout_alpha (self, TL_TENSOR_MAX_RANK, error);
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", "p = 0.2" }, { "3,4", "p = 0" }, { "3,4", "p = 1" }, { NULL } };

const TlLayerClass tl_layer_AlphaDropout = {
  .name = "AlphaDropout",
  .group = "regularisation",
  .doc = "In training, sets random elements to what SELU tends to, so that mean 0 and variance 1 stay; else does nothing.",
  .formula = "y = a (x with probability 1 - p, else -1.758) + b",
  .source = "Klambauer et al. 2017, arXiv:1706.02515",
  .in = tl_layer_ports_x,
  .attrs = tl_dropout_attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.AlphaDropout(p)",
};
