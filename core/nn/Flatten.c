/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

enum { START,
       END };

static const TlAttrSpec attrs[] = {
  { "start_dim", "first axis that is put together, from the end if negative", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { "end_dim", "last axis that is put together, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlMeta *x = tl_tensor_get_meta (self->in[0]);
  gint64        rank = x->rank, start = self->attrs[START].i, end = self->attrs[END].i;
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         n = 0;

  start += start < 0 ? rank : 0;
  end += end < 0 ? rank : 0;
  if (start < 0 || end >= rank || start > end) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error,
                          "start_dim = %" G_GINT64_FORMAT ", end_dim = %" G_GINT64_FORMAT " do not fit the shape %s",
                          self->attrs[START].i, self->attrs[END].i, text);
  }
  for (gint64 i = 0; i < rank; i++)
    if (i > start && i <= end)
      shape[n - 1] = tl_dim_mul (shape[n - 1], x->shape[i]);
    else
      shape[n++] = x->shape[i];
  self->out[0] = tl_reshape (self->in[0], n, shape, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "2,3,4,5" }, { "2,3,4,5", "start_dim = 0, end_dim = 2" }, { "2,3", "start_dim = -1" }, { NULL } };

const TlLayerClass tl_layer_Flatten = {
  .name = "Flatten",
  .group = "structure",
  .doc = "Puts neighbouring axes together into one.",
  .formula = "y[n, i] = x[n, ...], in row-major order",
  .source = "elementary",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Flatten(start_dim, end_dim)",
};
