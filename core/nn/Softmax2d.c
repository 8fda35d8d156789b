/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, or without n" }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  guint rank = tl_tensor_get_rank (self->in[0]);

  if (rank != 3 && rank != 4)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must have 3 or 4 axes, not %u", rank);
  self->out[0] = tl_softmax (self->in[0], -3, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "2,3,2,3" }, { "4,1,2" }, { NULL } };

const TlLayerClass tl_layer_Softmax2d = {
  .name = "Softmax2d",
  .group = "activation",
  .doc = "Probabilities of the channels at each pixel.",
  .formula = "y[c] = e^x[c] / sum of e^x over channels",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = ports,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Softmax2d()",
};
