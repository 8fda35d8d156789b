/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

#include <string.h>

#include "core/base/error.h"

const TlAttrSpec tl_pad_attrs[] = { TL_PAD_LAYER_PADDING, { NULL } };

const TlPort tl_pad_ports_1d[] = { { "x", "sequences `[n, channels, length]`, or without n" }, { NULL } };
const TlPort tl_pad_ports_2d[] = { { "x", "pictures `[n, channels, height, width]`, or without n" }, { NULL } };
const TlPort tl_pad_ports_3d[] = { { "x", "volumes `[n, channels, depth, height, width]`, or without n" }, { NULL } };

gboolean
tl_pad_forward (TlLayerForward *self,
                GError        **error)
{
  const TlPort      *ports = self->klass->in;
  guint              rank = ports == tl_pad_ports_1d ? 1 : ports == tl_pad_ports_2d ? 2
                                                                                    : 3;
  const TlAttrValue *padding = &self->attrs[0];
  guint              x_rank = tl_tensor_get_rank (self->in[0]), n = padding->n == 1 ? 2 * rank : (guint)padding->n;
  TlAttrValue        values[TL_OP_MAX_ATTRS], *pad;

  if (n != 2 * rank)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "padding has %u numbers, 1 or %u are wanted", n, 2 * rank);
  if (x_rank != rank + 1 && x_rank != rank + 2) {
    g_autofree char *shape = tl_shape_to_string (tl_tensor_get_shape (self->in[0]), x_rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must have %u axes, or %u without examples, not %s", rank + 2,
                          rank + 1, shape);
  }
  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  pad = &values[tl_attr_find (self->op->attrs, "pad")];
  pad->n = (gint32)n;
  for (guint i = 0; i < n; i++)
    pad->v[i] = padding->v[padding->n == 1 ? 0 : i];
  self->out[0] = tl_op_apply1 (self->op, self->in, 1, values, error);
  return self->out[0] != NULL;
}
