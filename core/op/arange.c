/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"

enum { START,
       END,
       STEP,
       DTYPE };

static const TlAttrSpec attrs[] = {
  { "start", "first number; the end, from 0, if no end is given", TL_ATTR_FLOAT },
  { "end", "numbers stop before it", TL_ATTR_FLOAT, .def = { .d = INFINITY } },
  { "step", "distance of numbers, not 0", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "dtype", "element type: f32, f64, i32, i64 or u8", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_I64 } },
  { NULL },
};

typedef struct {
  TlDType dtype;
  int64_t n;
  double  start, step;
} Args;

#define TILE 65536

static void
measure (const void *args,
         TlWork     *work)
{
  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)((((const Args *)args)->n + TILE - 1) / TILE) } };
}

#define FILL(T)                         \
  for (int64_t i = first; i < end; i++) \
  ((T *)data[0])[i] = (T)(args->start + (double)i * args->step)

static void
run (const void  *args_,
     void *const *data,
     void        *workspace,
     unsigned     phase,
     size_t       tile,
     void        *scratch)
{
  const Args *args = args_;
  int64_t     first = (int64_t)tile * TILE;
  int64_t     end = MIN (args->n, first + TILE);

  if (args->dtype == TL_DTYPE_F32)
    FILL (float);
  else if (args->dtype == TL_DTYPE_F64)
    FILL (double);
  else if (args->dtype == TL_DTYPE_I32)
    FILL (int32_t);
  else if (args->dtype == TL_DTYPE_U8)
    FILL (uint8_t);
  else
    FILL (int64_t);
}

static const TlKernel kernel = { measure, run };

/* One number is the end. */
static void
find_range (const TlAttrValue *values,
            double            *start,
            double            *end)
{
  gboolean alone = isinf (values[END].d);

  *start = alone ? 0 : values[START].d;
  *end = alone ? values[START].d : values[END].d;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  double  start, end, step = self->attrs[STEP].d, n;
  TlDType dtype = (TlDType)self->attrs[DTYPE].i;
  double  highest = dtype == TL_DTYPE_U8 ? 255 : dtype == TL_DTYPE_I32 ? 2147483647.0
                                                                       : 9007199254740992.0;

  find_range (self->attrs, &start, &end);
  n = ceil ((end - start) / step);
  if (dtype != TL_DTYPE_F32 && dtype != TL_DTYPE_F64 && dtype != TL_DTYPE_I32 && dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_U8)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be f32, f64, i32, i64 or u8, not %s", tl_dtype_name (dtype));
  if (!(n >= 0 && n < 9007199254740992.0))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "no numbers lead from %g to %g in steps of %g", start, end, step);
  if (n > 0 && !tl_dtype_is_float (dtype) &&
      (MAX (start, start + (n - 1) * step) > highest ||
       MIN (start, start + (n - 1) * step) < (dtype == TL_DTYPE_U8 ? 0 : -highest)))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%g to %g in steps of %g does not fit %s", start, end, step,
                          tl_dtype_name (dtype));
  tl_infer_out (self, 0, dtype, 1, (const TlDim[]){ (TlDim)n });
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  Args  *args = tl_prepare_args (self, Args);
  double start, end;

  find_range (self->attrs, &start, &end);
  *args = (Args){ self->out[0].dtype, self->out[0].shape[0], start, self->attrs[STEP].d };
  self->kernel = &kernel;
  return TRUE;
}

/**
 * tl_arange:
 * @start: first number
 * @end: numbers stop before it
 * @step: distance of numbers, not 0
 * @dtype: f32, f64, i32, i64 or u8
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): the numbers, or %NULL
 */
TlTensor *
tl_arange (double   start,
           double   end,
           double   step,
           TlDType  dtype,
           GError **error)
{
  const TlAttrValue values[] = { TL_FLOAT (start), TL_FLOAT (end), TL_FLOAT (step), TL_INT (dtype) };

  return tl_op_apply1 (&tl_op_arange, NULL, 0, values, error);
}

/**
 * tl_positions:
 * @n: how many; may be symbolic while a step is traced
 * @dtype: f32, f64, i32 or i64
 * @error: return location for an error
 *
 * Errors: as tl_arange()
 *
 * Returns: (transfer full): the numbers from 0 to @n - 1, or %NULL
 */
TlTensor *
tl_positions (TlDim    n,
              TlDType  dtype,
              GError **error)
{
  g_autoptr (TlTensor) ones = NULL;
  g_autoptr (TlTensor) sums = NULL;

  if (!tl_dim_is_symbolic (n))
    return tl_arange (0, (double)n, 1, dtype, error);
  ones = tl_full (1, &n, 1, dtype, error);
  sums = ones != NULL ? tl_cumsum (ones, 0, error) : NULL;
  return tl_map_text ("a - 1", error, 1, sums);
}

static const TlSample samples[] = { { "", "end = 5" }, { "", "start = 1, end = 2, step = 0.25, dtype = f32" }, { "", "start = 3, end = -3, step = -2" }, { "", "end = 0" }, { "", "start = 4" }, { NULL } };

const TlOpClass tl_op_arange = {
  .name = "arange",
  .group = "creation",
  .doc = "Numbers at equal distances; one number is the end, and they start from 0.",
  .formula = "y[i] = start + i step",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
  .onnx = { "Range", 11 },
  .torch = "torch.arange(start, end, step, dtype=dtype) if end < math.inf else torch.arange(0, start, step, dtype=dtype)",
};
