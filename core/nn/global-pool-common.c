/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/global-pool-common.h"

#include <string.h>

#include "core/base/error.h"

const TlPort tl_global_pool_ports[] = { { "x", "`[n, channels, ...]`" }, { NULL } };

const TlAttrSpec tl_global_pool_attrs[] = { { "keepdim", "whether the axes stay, with size 1", TL_ATTR_BOOL }, { NULL } };

const TlSample tl_global_pool_samples[] = { { "2,3,4" }, { "2,3,4,5", "keepdim = true" }, { "1,2,2,3,2" }, { NULL } };

gboolean
tl_global_pool_forward (TlLayerForward *self,
                        GError        **error)
{
  guint        rank = tl_tensor_get_rank (self->in[0]);
  TlAttrValue  values[TL_OP_MAX_ATTRS];
  TlAttrValue *axes = &values[tl_attr_find (self->op->attrs, "dim")];

  if (rank < 3)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be [n, channels, ...], not of %u axes", rank);
  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  axes->n = (gint32)rank - 2;
  for (guint i = 2; i < rank; i++)
    axes->v[i - 2] = i;
  self->out[0] = tl_op_apply1 (self->op, self->in, 1, values, error);
  return self->out[0] != NULL;
}
