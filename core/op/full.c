/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/kernels/copy.h"
#include "core/kernels/kernels.h"
#include "core/op/common.h"

enum { SHAPE,
       VALUE,
       DTYPE };

static const TlAttrSpec attrs[] = {
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "fill_value", "of every element", TL_ATTR_FLOAT },
  { "dtype", "element type", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  tl_infer_out (self, 0, (TlDType)self->attrs[DTYPE].i, (guint)self->attrs[SHAPE].n, self->attrs[SHAPE].v);
  return TRUE;
}

static gint64
to_integer (double value)
{
  if (!(fabs (value) < 9.2e18))
    return value > 0 ? G_MAXINT64 : value < 0 ? G_MININT64
                                              : 0;
  return (gint64)value;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlFillArgs   *args = tl_prepare_args (self, TlFillArgs);
  const TlMeta *y = &self->out[0];

  args->dtype = y->dtype;
  args->rank = y->rank;
  for (guint i = 0; i < y->rank; i++) {
    args->shape[i] = y->shape[i];
    args->strides[i] = y->strides[i];
  }
  args->value = self->attrs[VALUE].d;
  args->int_value = y->dtype == TL_DTYPE_BOOL ? args->value != 0 : to_integer (args->value);
  self->kernel = &tl_kernels_get ()->fill;
  return TRUE;
}

/**
 * tl_full:
 * @rank: number of axes
 * @shape: (array length=rank) (nullable): sizes, which may be symbolic while a step is traced; %NULL for rank 0
 * @value: of every element
 * @dtype: element type
 * @error: return location for an error
 *
 * Returns: (transfer full): a tensor filled with @value, or %NULL
 */
TlTensor *
tl_full (guint        rank,
         const TlDim *shape,
         double       value,
         TlDType      dtype,
         GError     **error)
{
  TlAttrValue values[] = { { .n = (gint32)rank }, TL_FLOAT (value), TL_INT (dtype) };

  g_return_val_if_fail (rank <= TL_TENSOR_MAX_RANK, NULL);

  if (rank > 0)
    memcpy (values[SHAPE].v, shape, rank * sizeof (TlDim));
  return tl_op_apply1 (&tl_op_full, NULL, 0, values, error);
}

/**
 * tl_zeros:
 * @rank: number of axes
 * @shape: (array length=rank): sizes
 * @dtype: element type
 * @error: return location for an error
 *
 * Returns: (transfer full): a tensor of zeros, or %NULL
 */
TlTensor *
tl_zeros (guint        rank,
          const TlDim *shape,
          TlDType      dtype,
          GError     **error)
{
  return tl_full (rank, shape, 0, dtype, error);
}

/**
 * tl_ones:
 * @rank: number of axes
 * @shape: (array length=rank): sizes
 * @dtype: element type
 * @error: return location for an error
 *
 * Returns: (transfer full): a tensor of ones, or %NULL
 */
TlTensor *
tl_ones (guint        rank,
         const TlDim *shape,
         TlDType      dtype,
         GError     **error)
{
  return tl_full (rank, shape, 1, dtype, error);
}

static const TlSample samples[] = { { "", "shape = {3, 4}, fill_value = 2.5" }, { "", "shape = {}, fill_value = 7, dtype = i64" }, { "", "shape = {0}" }, { NULL } };

const TlOpClass tl_op_full = {
  .name = "full",
  .group = "creation",
  .doc = "A tensor filled with one number.",
  .formula = "y = fill_value",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
  .onnx = { "ConstantOfShape", 9 },
  .torch = "torch.full(shape, fill_value, dtype=dtype)",
};
