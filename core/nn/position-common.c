/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/position-common.h"

#include <math.h>

#include "core/base/error.h"
#include "core/op/ops.h"

/* The same for a number of positions that is not known yet. */
static TlTensor *
open_table (TlDim    n_positions,
            gint64   n_pairs,
            double   base,
            gboolean is_cosine,
            TlDType  dtype,
            GError **error)
{
  g_autoptr (TlTensor) slowness = tl_tensor_new (TL_DTYPE_F64, 1, &n_pairs, error);
  g_autoptr (TlTensor) numbers = slowness != NULL ? tl_positions (n_positions, TL_DTYPE_F64, error) : NULL;
  g_autoptr (TlTensor) column = numbers != NULL ? tl_unsqueeze (numbers, 1, error) : NULL;
  g_autoptr (TlTensor) angles = NULL;
  g_autoptr (TlTensor) waves = NULL;

  if (column == NULL)
    return NULL;
  for (gint64 j = 0; j < n_pairs; j++)
    ((double *)tl_tensor_peek_data (slowness))[j] = pow (base, (double)j / (double)n_pairs);
  angles = tl_div (column, slowness, error);
  waves = angles != NULL ? tl_op_apply1 (is_cosine ? &tl_op_cos : &tl_op_sin, &angles, 1, NULL, error) : NULL;
  return waves != NULL ? tl_cast (waves, dtype, error) : NULL;
}

TlTensor *
tl_position_table (TlDim    n_positions,
                   gint64   n_pairs,
                   double   base,
                   gboolean is_cosine,
                   TlDType  dtype,
                   GError **error)
{
  const TlDim          shape[] = { n_positions, n_pairs };
  g_autoptr (TlTensor) angles = NULL;
  double              *values;

  if (tl_dim_is_symbolic (n_positions))
    return open_table (n_positions, n_pairs, base, is_cosine, dtype, error);
  angles = tl_tensor_new (TL_DTYPE_F64, 2, shape, error);
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
