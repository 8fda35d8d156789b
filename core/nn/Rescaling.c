/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "scale", "factor", TL_ATTR_FLOAT, TRUE },
  { "offset", "what is added then", TL_ATTR_FLOAT },
  { NULL },
};

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const double numbers[] = { self->attrs[0].d, self->attrs[1].d };

  self->out[0] = tl_map_numbers ("a * b + c", self->in, 1, numbers, 2, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4", "scale = 0.5, offset = -1" }, { "2,3,2", "scale = -3" }, { NULL } };

const TlLayerClass tl_layer_Rescaling = {
  .name = "Rescaling",
  .group = "normalisation",
  .doc = "A factor and an offset that are not trained, as for pictures of 0 to 255.",
  .formula = "y = scale x + offset",
  .source = "elementary",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.Module,), {'forward': lambda self, x: x * scale + offset})()",
};
