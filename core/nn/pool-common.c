/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/pool-common.h"

#include <string.h>

#include "core/base/error.h"
#include "core/op/pool-common.h"

const TlPort tl_max_pool_layer_out[] = {
  { "y", "the largest elements" },
  { "indices", "with return_indices: number of each among the elements of its channel", TL_PORT_NODIFF | TL_PORT_OPTIONAL },
  { NULL },
};
const TlPort tl_max_unpool_layer_ports[] = {
  { "x", "what MaxPool gave `[n, channels, ...]`" },
  { "indices", "and where it was", TL_PORT_NODIFF },
  { NULL },
};

/* The windows along one axis; an axis that stays has windows of one element. */
typedef struct {
  gint64 kernel;
  gint64 stride;
  gint64 padding;
  gint64 dilation;
} Side;

static const Side stays = { 1, 1, 0, 1 };

static Side
get_side (TlLayerForward *self,
          guint           axis)
{
  const TlAttrValue *a = self->attrs;
  gint64             kernel = a[TL_POOL_LAYER_KERNEL].v[axis];

  return (Side){ kernel, a[TL_POOL_LAYER_STRIDE].n == 0 ? kernel : a[TL_POOL_LAYER_STRIDE].v[axis], a[TL_POOL_LAYER_PADDING].v[axis],
                 a[TL_POOL_LAYER_DILATION].v[axis] };
}

/* Where along its axis each element was: @inside its window, which starts at i stride - padding; i counts along @axis of 4. */
static TlTensor *
place (TlTensor   *inside,
       const Side *side,
       guint       axis,
       GError    **error)
{
  const double         numbers[] = { (double)side->dilation, (double)side->stride, (double)side->padding };
  TlDim                n = tl_tensor_get_shape (inside)[axis], shape[] = { 1, 1, 1, 1 };
  g_autoptr (TlTensor) count = tl_positions (n, TL_DTYPE_I64, error);
  g_autoptr (TlTensor) windows = NULL;

  shape[axis] = n;
  windows = count != NULL ? tl_reshape (count, 4, shape, error) : NULL;
  return windows != NULL ? tl_map_numbers ("a * c + b * d - e", (TlTensor *[]){ inside, windows }, 2, numbers, 3, error) : NULL;
}

/* Pools the last two axes of @x `[n, c, h, w]`; @at: row and column of each element. */
static TlTensor *
pool_pictures (TlLayerForward *self,
               TlTensor       *x,
               const Side     *sides,
               TlTensor      **at,
               GError        **error)
{
  const TlOpClass  *op = tl_op_find ("max_pool2d");
  const TlAttrValue values[] = {
    { .n = 2, .v = { sides[0].kernel, sides[1].kernel } },
    { .n = 2, .v = { sides[0].stride, sides[1].stride } },
    { .n = 2, .v = { sides[0].padding, sides[1].padding } },
    { .i = self->attrs[tl_attr_find (self->klass->attrs, "ceil_mode")].i },
    { .n = 2, .v = { sides[0].dilation, sides[1].dilation } },
  };
  TlTensor            *out[2] = { NULL };
  g_autoptr (TlTensor) width = tl_tensor_new_number ((double)sides[1].kernel, TRUE);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (TlTensor) wide = NULL;

  if (!tl_op_apply (op, &x, 1, values, out, 2, error))
    return NULL;
  y = out[0];
  index = out[1];
  wide = tl_cast (index, TL_DTYPE_I64, error);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (TlTensor) inside = wide == NULL ? NULL : i == 0 ? tl_floor_divide (wide, width, error)
                                                               : tl_remainder (wide, width, error);

    at[i] = inside != NULL ? place (inside, &sides[i], 2 + i, error) : NULL;
    if (at[i] == NULL) {
      g_clear_pointer (&at[0], tl_tensor_unref);
      return NULL;
    }
  }
  return g_steal_pointer (&y);
}

/* row n_columns + column */
static TlTensor *
number_places (TlTensor *row,
               TlTensor *column,
               TlDim     n_columns,
               GError  **error)
{
  g_autoptr (TlTensor) n = tl_size (n_columns, TL_DTYPE_I64, error);

  return n != NULL ? tl_map_text ("a * b + c", error, 3, row, n, column) : NULL;
}

/* Windows over one or two axes of @x as pictures: its elements and their places. */
static gboolean
pool_flat (TlLayerForward *self,
           TlTensor       *x,
           const Side     *sides,
           TlTensor      **y,
           TlTensor      **index,
           GError        **error)
{
  TlTensor *at[2] = { NULL };

  *y = pool_pictures (self, x, sides, at, error);
  *index = *y != NULL ? number_places (at[0], at[1], tl_tensor_get_shape (x)[3], error) : NULL;
  g_clear_pointer (&at[0], tl_tensor_unref);
  g_clear_pointer (&at[1], tl_tensor_unref);
  return *index != NULL;
}

/* Height and width first, as pictures of all depths; then depth, in columns of what is left. */
static gboolean
pool_volumes (TlLayerForward *self,
              GError        **error)
{
  const Side           flat[] = { get_side (self, 1), get_side (self, 2) }, deep[] = { get_side (self, 0), stays };
  const TlDim         *in = tl_tensor_get_shape (self->in[0]);
  const TlDim          pictures[] = { in[0], tl_dim_mul (in[1], in[2]), in[3], in[4] };
  g_autoptr (TlTensor) x = tl_reshape (self->in[0], 4, pictures, error);
  g_autoptr (TlTensor) y = NULL, index = NULL, columns = NULL, places = NULL, best = NULL, inner = NULL, all = NULL;
  TlTensor            *at[2] = { NULL };
  TlDim                left[4], out[5];

  if (x == NULL || !pool_flat (self, x, flat, &y, &index, error))
    return FALSE;
  memcpy (out, in, sizeof out);
  memcpy (out + 3, tl_tensor_get_shape (y) + 2, 2 * sizeof (TlDim));
  memcpy (left, in, 3 * sizeof (TlDim));
  left[3] = tl_dim_mul (out[3], out[4]);
  columns = tl_reshape (y, 4, left, error);
  places = columns != NULL ? tl_reshape (index, 4, left, error) : NULL;
  best = places != NULL ? pool_pictures (self, columns, deep, at, error) : NULL;
  inner = best != NULL ? tl_gather (places, 2, at[0], error) : NULL;
  all = inner != NULL ? number_places (at[0], inner, tl_dim_mul (in[3], in[4]), error) : NULL;
  if (all != NULL) {
    out[2] = tl_tensor_get_shape (best)[2];
    self->out[0] = tl_reshape (best, 5, out, error);
    self->out[1] = self->out[0] != NULL ? tl_reshape (all, 5, out, error) : NULL;
  }
  g_clear_pointer (&at[0], tl_tensor_unref);
  g_clear_pointer (&at[1], tl_tensor_unref);
  return all != NULL && self->out[1] != NULL;
}

static gboolean
pool_sequences (TlLayerForward *self,
                GError        **error)
{
  const Side           sides[] = { stays, get_side (self, 0) };
  g_autoptr (TlTensor) x = tl_unsqueeze (self->in[0], 2, error);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) index = NULL;

  if (x == NULL || !pool_flat (self, x, sides, &y, &index, error))
    return FALSE;
  self->out[0] = tl_squeeze (y, 2, error);
  self->out[1] = self->out[0] != NULL ? tl_squeeze (index, 2, error) : NULL;
  return self->out[1] != NULL;
}

gboolean
tl_max_pool_layer_forward (TlLayerForward *self,
                           GError        **error)
{
  guint rank = self->klass->attrs[TL_POOL_LAYER_KERNEL].n;

  if (self->attrs[TL_POOL_LAYER_RETURN_INDICES].i == 0)
    return tl_layer_apply (self, self->in, self->n_in, error);
  if (tl_tensor_get_rank (self->in[0]) != rank + 2)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input has %u axes, it must have %u", tl_tensor_get_rank (self->in[0]), rank + 2);
  if (rank == 1)
    return pool_sequences (self, error);
  if (rank == 3)
    return pool_volumes (self, error);
  return pool_flat (self, self->in[0], (const Side[]){ get_side (self, 0), get_side (self, 1) }, &self->out[0], &self->out[1], error);
}

/* The size that the windows came from, or that the attribute says. */
static gboolean
get_unpooled_size (TlLayerForward *self,
                   TlDim          *shape,
                   TlDim          *n,
                   GError        **error)
{
  const TlAttrValue *wanted = &self->attrs[TL_POOL_LAYER_OUTPUT_SIZE];
  guint              rank = self->klass->attrs[TL_POOL_LAYER_KERNEL].n;

  *n = 1;
  for (guint i = 0; i < rank; i++) {
    gint64 kernel = self->attrs[TL_POOL_LAYER_KERNEL].v[i], stride = self->attrs[TL_POOL_LAYER_STRIDE].n > 0 ? self->attrs[TL_POOL_LAYER_STRIDE].v[i] : kernel;
    TlDim  least = tl_dim_add (tl_dim_mul (tl_dim_sub (shape[2 + i], 1), stride), kernel - 2 * self->attrs[TL_POOL_LAYER_PADDING].v[i]);
    TlDim  size = wanted->n > 0 ? wanted->v[i] : least;

    if (least == TL_DIM_INVALID)
      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the result along axis %u is too large", 2 + i);
    if (wanted->n > 0 && !tl_dim_is_symbolic (least) && (size <= least - stride || size >= least + stride))
      return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "output_size %" G_GINT64_FORMAT " along axis %u is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
                            size, 2 + i, least - stride + 1, least + stride - 1);
    shape[2 + i] = size;
    *n = tl_dim_mul (*n, size);
  }
  return TRUE;
}

gboolean
tl_max_unpool_layer_forward (TlLayerForward *self,
                             GError        **error)
{
  guint                rank = self->klass->attrs[TL_POOL_LAYER_KERNEL].n + 2;
  TlDim                shape[TL_TENSOR_MAX_RANK], n;
  g_autoptr (TlTensor) x = NULL, index = NULL, zeros = NULL, y = NULL;

  if (tl_tensor_get_rank (self->in[0]) != rank || tl_tensor_get_rank (self->in[1]) != rank)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "inputs have %u and %u axes, they must have %u", tl_tensor_get_rank (self->in[0]),
                          tl_tensor_get_rank (self->in[1]), rank);
  memcpy (shape, tl_tensor_get_shape (self->in[0]), rank * sizeof (TlDim));
  if (!get_unpooled_size (self, shape, &n, error))
    return FALSE;
  x = tl_flatten (self->in[0], 2, error);
  index = x != NULL ? tl_flatten (self->in[1], 2, error) : NULL;
  zeros = index != NULL ? tl_zeros (3, (const TlDim[]){ shape[0], shape[1], n }, tl_tensor_get_dtype (x), error) : NULL;
  y = zeros != NULL ? tl_scatter (zeros, 2, index, x, error) : NULL;
  self->out[0] = y != NULL ? tl_reshape (y, rank, shape, error) : NULL;
  return self->out[0] != NULL;
}

/* The input with its padding; in ceil_mode with so much behind it that no window is cut off. */
static TlTensor *
pad_whole (TlLayerForward *self,
           gboolean        ceil_mode,
           GError        **error)
{
  guint       rank = self->klass->attrs[TL_POOL_LAYER_KERNEL].n;
  TlAttrValue pad[] = { { .n = 2 * (gint32)rank }, TL_INT (0), TL_FLOAT (0) };

  for (guint i = 0; i < rank; i++) {
    const Side side = get_side (self, i);
    gint64    *sides = &pad[0].v[2 * (rank - 1 - i)];

    sides[0] = side.padding;
    sides[1] = side.padding + (ceil_mode ? side.stride - 1 : 0);
  }
  return tl_op_apply1 (&tl_op_pad, self->in, 1, pad, error);
}

/* Windows that begin behind the input do not count. */
static TlTensor *
take_windows (TlLayerForward *self,
              TlTensor       *all,
              GError        **error)
{
  TlTensor *kept = tl_tensor_ref (all);

  for (guint i = 0; i < self->klass->attrs[TL_POOL_LAYER_KERNEL].n && kept != NULL; i++) {
    const Side           side = get_side (self, i);
    TlDim                n = tl_pool_get_out_dim (tl_tensor_get_shape (self->in[0])[2 + i], side.kernel, side.stride, 1, side.padding, TRUE);
    g_autoptr (TlTensor) before = kept;

    if (n == TL_DIM_INVALID)
      tl_layer_fail (self->klass, TL_ERROR_UNSUPPORTED, error, "whether the last window of axis %u counts depends on its size (ceil_mode)", 2 + i);
    kept = n != TL_DIM_INVALID ? tl_narrow (before, 2 + (gint)i, 0, n, error) : NULL;
  }
  return kept;
}

/* Means of whole windows are sums by a number that is known. */
gboolean
tl_avg_pool_layer_forward (TlLayerForward *self,
                           GError        **error)
{
  gint64               divisor = self->attrs[tl_attr_find (self->klass->attrs, "divisor_override")].i;
  gboolean             ceil_mode = self->attrs[tl_attr_find (self->klass->attrs, "ceil_mode")].i != 0;
  double               factor = 1 / (double)MAX (divisor, 1);
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  g_autoptr (TlTensor) padded = NULL, mean = NULL, windows = NULL;

  if (divisor == 0)
    return tl_layer_apply (self, self->in, self->n_in, error);
  if (tl_tensor_get_rank (self->in[0]) != self->klass->attrs[TL_POOL_LAYER_KERNEL].n + 2)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input has %u axes, it must have %u", tl_tensor_get_rank (self->in[0]),
                          self->klass->attrs[TL_POOL_LAYER_KERNEL].n + 2);
  for (guint i = 0; i < self->klass->attrs[TL_POOL_LAYER_KERNEL].n; i++)
    factor *= (double)get_side (self, i).kernel;
  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  values[TL_POOL_ATTR_PADDING] = TL_INTS1 (0);
  values[TL_POOL_ATTR_CEIL_MODE] = TL_INT (FALSE);
  padded = pad_whole (self, ceil_mode, error);
  mean = padded != NULL ? tl_op_apply1 (self->op, &padded, 1, values, error) : NULL;
  if (mean != NULL)
    windows = ceil_mode ? take_windows (self, mean, error) : tl_tensor_ref (mean);
  self->out[0] = windows != NULL ? tl_map_numbers ("a * b", &windows, 1, &factor, 1, error) : NULL;
  return self->out[0] != NULL;
}

/* The mean of the powers is their sum by a number, which is that of the whole window also where a window is cut off. */
gboolean
tl_lp_pool_layer_forward (TlLayerForward *self,
                          GError        **error)
{
  const TlAttrSpec    *kernel = &self->klass->attrs[tl_attr_find (self->klass->attrs, "kernel")];
  double               p = self->attrs[0].d, numbers[] = { 1, 1 / p };
  g_autoptr (TlTensor) powers = tl_map_numbers ("pow (a, b)", self->in, 1, &p, 1, error);
  g_autoptr (TlTensor) mean = powers != NULL ? tl_op_apply1 (self->op, &powers, 1, self->op_attrs, error) : NULL;

  for (guint i = 0; i < kernel->n; i++)
    numbers[0] *= (double)self->attrs[kernel - self->klass->attrs].v[i];
  self->out[0] = mean != NULL ? tl_map_numbers ("pow (a * b, c)", &mean, 1, numbers, 2, error) : NULL;
  return self->out[0] != NULL;
}
