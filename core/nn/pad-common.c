/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pad-common.h"

#include "core/base/error.h"

const TlAttrSpec tl_pad_attrs[] = { TL_PAD_LAYER_PADDING, { NULL } };

gboolean
tl_pad_forward (TlLayerForward *self,
                guint           rank,
                const char     *mode,
                double          value,
                GError        **error)
{
  const TlOpClass   *op = tl_op_find ("pad");
  const TlAttrValue *padding = &self->attrs[0];
  guint              x_rank = tl_tensor_get_rank (self->in[0]), n = padding->n == 1 ? 2 * rank : (guint)padding->n;
  TlAttrInput        items[TL_ATTR_MAX_INTS];
  TlAttrValue        values[TL_OP_MAX_ATTRS];

  if (n != 2 * rank)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "padding has %u numbers, 1 or %u are wanted", n, 2 * rank);
  if (x_rank != rank + 1 && x_rank != rank + 2) {
    g_autofree char *shape = tl_shape_to_string (tl_tensor_get_shape (self->in[0]), x_rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must have %u axes, or %u without examples, not %s", rank + 2,
                          rank + 1, shape);
  }
  for (guint i = 0; i < n; i++)
    items[i] = TL_INPUT_INT (padding->v[padding->n == 1 ? 0 : i]);
  tl_attr_init_defaults (op->attrs, values);
  if (!tl_attr_set (op->name, op->attrs, values, "pad", &TL_INPUT_LIST (items, n), error) ||
      !tl_attr_set (op->name, op->attrs, values, "mode", &TL_INPUT_STRING (mode), error) ||
      !tl_attr_set (op->name, op->attrs, values, "value", &TL_INPUT_NUMBER (value), error))
    return FALSE;
  self->out[0] = tl_op_apply1 (op, self->in, 1, values, error);
  return self->out[0] != NULL;
}
