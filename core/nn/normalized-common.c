/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/normalized-common.h"

#include <string.h>

#include "core/base/error.h"

/* The sizes of the normalised axes, which are numbers; @shape has room for all axes that a tensor can have. */
gboolean
tl_normalized_find (TlLayerSetup *self,
                    TlDim        *shape,
                    guint        *rank,
                    GError      **error)
{
  const TlAttrValue *normalized = &self->attrs[0];
  const TlMeta      *x = self->n_in > 0 ? self->in[0] : NULL;
  guint              n = normalized->n > 0 ? (guint)normalized->n : 1;

  if (x == NULL && normalized->n == 0)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error,
                          "normalized_shape must be given as long as the input is not known");
  if (x != NULL && (n > x->rank || (normalized->n > 0 &&
                                    memcmp (normalized->v, x->shape + x->rank - n, n * sizeof (TlDim)) != 0))) {
    g_autofree char *got = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *want = tl_shape_to_string (normalized->v, (guint)normalized->n);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input %s does not end with normalized_shape %s",
                          got, want);
  }
  memcpy (shape, normalized->n > 0 ? normalized->v : x->shape + x->rank - n, n * sizeof (TlDim));
  for (guint i = 0; i < n; i++)
    if (shape[i] < 0) {
      g_autofree char *text = tl_shape_to_string (shape, n);

      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the normalised axes decide the parameters and must be numbers, not %s", text);
    }
  *rank = n;
  return TRUE;
}

gboolean
tl_normalized_apply (TlLayerForward  *self,
                     TlTensor *const *in,
                     guint            n_in,
                     GError         **error)
{
  TlTensor      *x = self->in[0];
  guint          rank = tl_tensor_get_rank (x);
  TlAttrValue    values[TL_OP_MAX_ATTRS];
  TlLayerForward filled = *self;

  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  if (self->attrs[0].n == 0 && rank > 0)
    values[tl_attr_find (self->op->attrs, "normalized_shape")] = TL_INTS1 (tl_tensor_get_shape (x)[rank - 1]);
  filled.op_attrs = values;
  return tl_layer_apply (&filled, in, n_in, error);
}
