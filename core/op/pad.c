/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { PAD,
       MODE,
       VALUE };

enum { CONSTANT,
       REFLECT,
       REPLICATE,
       CIRCULAR };

static const char *const modes[] = { "constant", "reflect", "replicate", "circular", NULL };

static const TlAttrSpec attrs[] = {
  { "pad", "elements in front of and behind the last axis, then the one before it, ...; negative ones are cut off", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -1e15, .max = 1e15 },
  { "mode", "what the new elements are", TL_ATTR_ENUM, .names = modes },
  { "value", "of new elements in the mode constant", TL_ATTR_FLOAT },
  { NULL },
};

static gboolean
fail_pad (TlInfer *self,
          guint    axis,
          GError **error)
{
  g_autofree char *shape = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
  guint            i = 2 * (self->in[0]->rank - 1 - axis);

  return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s cannot be padded by %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " (mode %s)", axis,
                        shape, self->attrs[PAD].v[i], self->attrs[PAD].v[i + 1], modes[self->attrs[MODE].i]);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  gint64        mode = self->attrs[MODE].i;
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         n = (guint)self->attrs[PAD].n / 2;

  if (self->attrs[PAD].n % 2 != 0 || n > x->rank)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%d numbers given for %u axes", self->attrs[PAD].n, x->rank);
  for (guint i = 0; i < x->rank; i++) {
    gint64 low = i + n < x->rank ? 0 : self->attrs[PAD].v[2 * (x->rank - 1 - i)];
    gint64 high = i + n < x->rank ? 0 : self->attrs[PAD].v[2 * (x->rank - 1 - i) + 1], most;

    /* An axis of unknown size is taken to be long enough. */
    shape[i] = low + high < 0 ? tl_dim_sub (x->shape[i], -(low + high)) : tl_dim_add (x->shape[i], low + high);
    if ((low == 0 && high == 0) || tl_dim_is_symbolic (x->shape[i]))
      continue;
    most = mode == REFLECT ? x->shape[i] - 1 : mode == CIRCULAR                      ? x->shape[i]
                                             : mode == REPLICATE && x->shape[i] == 0 ? 0
                                                                                     : G_MAXINT64;
    if (low > most || high > most || -MIN (low, 0) > x->shape[i] - MAX (-high, 0))
      return fail_pad (self, i, error);
  }
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

/* The numbers of the elements that an axis of @n is padded with, and keeps; where elements are cut off @low or @high is negative. */
static TlTensor *
find_places (TlDim    n,
             gint64   low,
             gint64   high,
             gint64   mode,
             GError **error)
{
  static const char *const texts[] = { [REFLECT] = "b - 1 - abs (b - 1 - abs (a - c))", [REPLICATE] = "max (min (a - c, b - 1), 0)", [CIRCULAR] = "mod (a - c, b)" };
  const double             number = (double)low;
  g_autoptr (TlTensor)     all = tl_positions (low + high < 0 ? tl_dim_sub (n, -(low + high)) : tl_dim_add (n, low + high), TL_DTYPE_I64, error);
  g_autoptr (TlTensor)     size = all != NULL ? tl_size (n, TL_DTYPE_I64, error) : NULL;

  return size != NULL ? tl_map_numbers (texts[mode], (TlTensor *[]){ all, size }, 2, &number, 1, error) : NULL;
}

static TlTensor *
pad_by_index (TlTensor *x,
              guint     axis,
              gint64    low,
              gint64    high,
              gint64    mode,
              GError  **error)
{
  g_autoptr (TlTensor) places = find_places (x->meta.shape[axis], low, high, mode, error);

  return places != NULL ? tl_index_select (x, (gint)axis, places, error) : NULL;
}

/* What is mirrored is the axis as it was; what is cut off does not come again in a circle. */
static TlTensor *
pad_axis (TlTensor          *x,
          guint              axis,
          gint64             low,
          gint64             high,
          const TlAttrValue *values,
          GError           **error)
{
  TlDim                n = x->meta.shape[axis];
  g_autoptr (TlTensor) kept = NULL;

  if ((low > 0 || high > 0) && values[MODE].i == REFLECT)
    return pad_by_index (x, axis, low, high, REFLECT, error);
  if (low >= 0 && high >= 0)
    kept = tl_tensor_ref (x);
  else
    kept = tl_narrow (x, (gint)axis, MAX (-low, 0), tl_dim_sub (n, MAX (-low, 0) + MAX (-high, 0)), error);
  if (kept == NULL || (low <= 0 && high <= 0))
    return g_steal_pointer (&kept);
  low = MAX (low, 0);
  high = MAX (high, 0);
  if (values[MODE].i != CONSTANT)
    return pad_by_index (kept, axis, low, high, values[MODE].i, error);
  return tl_slice_scatter (kept, axis, low, 1, tl_dim_add (kept->meta.shape[axis], low + high), values[VALUE].d, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  guint                rank = self->in[0]->meta.rank;
  g_autoptr (TlTensor) y = tl_tensor_ref (self->in[0]);

  for (guint i = 0; i < (guint)self->attrs[PAD].n / 2; i++) {
    g_autoptr (TlTensor) before = g_steal_pointer (&y);

    y = pad_axis (before, rank - 1 - i, self->attrs[PAD].v[2 * i], self->attrs[PAD].v[2 * i + 1], self->attrs, error);
    if (y == NULL)
      return FALSE;
  }
  self->dx[0] = g_steal_pointer (&y);
  return TRUE;
}

static const TlSample samples[] = {
  { "3,4", "pad = {1, 2}" },
  { "2,3,4", "pad = {1, 0, 0, 2}, value = 3" },
  { "2,3,4", "pad = {-1, 1, 1, -2}" },
  { "1,2,3,4", "pad = {1, 2, 2, 1}, mode = reflect" },
  { "1,2,3,4", "pad = {1, 2, 4, 1}, mode = replicate" },
  { "1,2,3,4", "pad = {1, 4, 3, 0}, mode = circular" },
  { "2,5", "pad = {-1, 3}, mode = reflect" },
  { "1,2,5", "pad = {2, -2, 1, 0}, mode = reflect" },
  { "2,5", "pad = {2, -2}, mode = replicate" },
  { "2,5", "pad = {-1, 3}, mode = circular" },
  { "i64:3", "pad = {1, 1}, value = 7" },
  { "0", "pad = {2, 1}" },
  { NULL },
};

const TlOpClass tl_op_pad = {
  .name = "pad",
  .group = "shape",
  .doc = "Elements added around axes, or cut off.",
  .formula = "y[low + i] = x[i], new elements by mode",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Pad", 13 },
  .torch = "F.pad(x0, pad, mode, value) if mode == 'constant' else F.pad(x0, pad, mode)",
};
