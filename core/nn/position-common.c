/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/position-common.h"

#include <math.h>

#include "core/base/error.h"
#include "core/op/ops.h"

TlTensor *
tl_position_table (gint64   n_positions,
                   gint64   n_pairs,
                   double   base,
                   gboolean is_cosine,
                   TlDType  dtype,
                   GError **error)
{
  const TlDim          shape[] = { n_positions, n_pairs };
  g_autoptr (TlTensor) angles = tl_tensor_new (TL_DTYPE_F64, 2, shape, error);
  double              *values;

  if (angles == NULL)
    return NULL;
  values = tl_tensor_peek_data (angles);
  for (gint64 i = 0; i < n_positions; i++)
    for (gint64 j = 0; j < n_pairs; j++) {
      double angle = (double)i / pow (base, (double)j / (double)n_pairs);

      values[i * n_pairs + j] = is_cosine ? cos (angle) : sin (angle);
    }
  return tl_cast (angles, dtype, error);
}

gboolean
tl_position_length (TlLayerForward *self,
                    gint            axis,
                    gint64         *length,
                    GError        **error)
{
  TlDim size = tl_tensor_get_shape (self->in[0])[axis < 0 ? (gint)tl_tensor_get_rank (self->in[0]) + axis : axis];

  if (tl_dim_is_symbolic (size))
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the length of the sequence must be a number");
  *length = size;
  return TRUE;
}
