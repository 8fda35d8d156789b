/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

static const TlPort ports[] = { { "x", "`[n, channels, ...]`" }, { NULL } };

static const TlAttrSpec attrs[] = { { "keepdim", "whether the axes stay, with size 1", TL_ATTR_BOOL }, { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  guint rank = tl_tensor_get_rank (self->in[0]);
  gint  axes[TL_TENSOR_MAX_RANK];

  if (rank < 3)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be [n, channels, ...], not of %u axes", rank);
  for (guint i = 2; i < rank; i++)
    axes[i - 2] = (gint)i;
  self->out[0] = tl_amax (self->in[0], axes, rank - 2, self->attrs[0].i != 0, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "2,3,4" }, { "2,3,4,5", "keepdim = true" }, { "1,2,2,3,2" }, { NULL } };

const TlLayerClass tl_layer_GlobalMaxPool = {
  .name = "GlobalMaxPool",
  .group = "pooling",
  .doc = "Largest element of each channel.",
  .formula = "y[n, c] = max of x[n, c, ...]",
  .source = "Oquab et al. 2015, doi:10.1109/CVPR.2015.7298668",
  .in = ports,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "x0.amax(tuple(range(2, x0.ndim)), keepdim)",
};
