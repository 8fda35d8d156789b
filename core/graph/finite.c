/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NaNs and infinities: where the first one was made.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/node-private.h"
#include "core/kernels/half.h"
#include "core/kernels/update.h"

static TlNonfinite
classify (double value)
{
  return isnan (value) ? TL_HAS_NAN : isinf (value) ? TL_HAS_INF
                                                    : 0;
}

/* Whether an exponent is all ones; without branches, so that the loop becomes vectors. */
static gboolean
is_finite_f32 (const float *x,
               gint64       n)
{
  guint32 found = 0;

  for (gint64 i = 0; i < n; i++) {
    guint32 bits;

    memcpy (&bits, &x[i], sizeof bits);
    found |= (guint32)((bits & 0x7F800000u) == 0x7F800000u);
  }
  return found == 0;
}

static TlNonfinite
look_at_row (TlDType       dtype,
             gconstpointer data,
             gint64        stride,
             gint64        n)
{
  TlNonfinite found = 0;

  if (dtype == TL_DTYPE_F32 && stride == 1 && is_finite_f32 (data, n))
    return 0;
  switch (dtype) {
  case TL_DTYPE_F32:
    for (gint64 i = 0; i < n; i++)
      found |= classify (((const float *)data)[i * stride]);
    break;
  case TL_DTYPE_F64:
    for (gint64 i = 0; i < n; i++)
      found |= classify (((const double *)data)[i * stride]);
    break;
  case TL_DTYPE_F16:
    for (gint64 i = 0; i < n; i++)
      found |= classify (tl_f16_to_f32 (((const uint16_t *)data)[i * stride]));
    break;
  case TL_DTYPE_BF16:
    for (gint64 i = 0; i < n; i++)
      found |= classify (tl_bf16_to_f32 (((const uint16_t *)data)[i * stride]));
    break;
  case TL_DTYPE_I8:
  case TL_DTYPE_U8:
  case TL_DTYPE_I32:
  case TL_DTYPE_I64:
  case TL_DTYPE_BOOL:
    break;
  }
  return found;
}

/* What is among the elements; @data is the first of them. */
TlNonfinite
tl_find_nonfinite (const TlMeta *meta,
                   gconstpointer data)
{
  gint64      n = tl_meta_get_n_elements (meta), last = meta->rank > 0 ? meta->shape[meta->rank - 1] : 1;
  TlNonfinite found = 0;

  if (!tl_dtype_is_float (meta->dtype) || n == 0 || data == NULL)
    return 0;
  if (tl_meta_is_dense (meta))
    return look_at_row (meta->dtype, data, 1, n);
  for (gint64 row = 0; row < n / last; row++) {
    gint64 at = 0, rest = row;

    for (guint axis = meta->rank - 1u; axis-- > 0;) {
      at += rest % meta->shape[axis] * meta->strides[axis];
      rest /= meta->shape[axis];
    }
    found |= look_at_row (meta->dtype, (const guint8 *)data + at * (gint64)tl_dtype_size (meta->dtype),
                          meta->strides[meta->rank - 1], last);
  }
  return found;
}

/*
 * What of @out an operation made itself: a NaN that it was not given, or an infinity out of finite numbers.  Infinities that are only
 * put somewhere, such as those of a mask, are meant.
 */
TlNonfinite
tl_blame_nonfinite (const TlOpClass *op,
                    TlNonfinite      in,
                    TlNonfinite      out)
{
  TlNonfinite made = 0;

  if ((out & TL_HAS_NAN) != 0 && (in & TL_HAS_NAN) == 0)
    made |= TL_HAS_NAN;
  if ((out & TL_HAS_INF) != 0 && in == 0 && (op->precision != TL_PRECISION_MOVES || op == &tl_op_copy))
    made |= TL_HAS_INF;
  return made;
}

/* "node conv1", "cell:12", and of the backward pass "the gradient of node conv1"; NULL if nothing is known. */
char *
tl_source_to_string (const TlSource *source)
{
  g_autofree char *place = NULL;

  if (source->node != NULL)
    place = g_strdup_printf ("node %s", source->node);
  else if (source->cell != NULL && source->line > 0)
    place = g_strdup_printf ("%s:%u", source->cell, source->line);
  else if (source->cell != NULL)
    place = g_strdup (source->cell);
  if (place == NULL || !source->is_gradient)
    return g_steal_pointer (&place);
  return g_strdup_printf ("the gradient of %s", place);
}

void
tl_set_nonfinite_error (const TlOpClass *op,
                        const TlMeta    *meta,
                        const TlSource  *source,
                        TlNonfinite      made,
                        const char      *consequence,
                        GError         **error)
{
  g_autofree char *shape = tl_shape_to_string (meta->shape, meta->rank);
  g_autofree char *place = tl_source_to_string (source);

  g_set_error (error, TL_ERROR, TL_ERROR_NUMERIC, "%s made %s in its result of shape %s%s%s%s", op->name,
               (made & TL_HAS_NAN) != 0 ? "a NaN" : "an Inf", shape, place == NULL ? "" : source->is_gradient ? " for "
                                                                                                              : " at ",
               place != NULL ? place : "", consequence);
}

/* Each tensor is a tile, which writes whether it is finite; then the first that is not is looked for. */

static void
measure_half (gconstpointer args,
              TlWork       *work)
{
  gsize n = (gsize)((const TlTensorsArgs *)args)->n;

  *work = (TlWork){ .n_phases = 2, .n_tiles = { n, 1 }, .workspace = n };
}

static void
run_half (gconstpointer args,
          void *const  *data,
          void         *workspace,
          unsigned      phase,
          size_t        tile,
          void         *scratch)
{
  const TlTensorsArgs *self = args;
  uint16_t             limit = self->dtype == TL_DTYPE_F16 ? 0x7C00 : 0x7F80;
  guint8              *is_finite = workspace;
  gint64              *result = data[self->n];
  const uint16_t      *x = phase == 0 ? data[tile] : NULL;
  unsigned             found = 0;

  if (phase == 0) {
    for (gint64 i = 0; i < self->sizes[tile]; i++)
      found |= (x[i] & 0x7FFFu) >= limit;
    is_finite[tile] = found == 0;
    return;
  }
  *result = -1;
  for (gint64 i = (gint64)self->n; i-- > 0;)
    *result = is_finite[i] ? *result : i;
}

const TlKernel tl_find_nonfinite_half = { measure_half, run_half };
