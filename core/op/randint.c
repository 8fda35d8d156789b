/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/random-common.h"

enum { LOW,
       HIGH,
       SHAPE,
       DTYPE,
       SEED,
       STREAM };

static const TlAttrSpec attrs[] = {
  { "low", "smallest number", TL_ATTR_INT },
  { "high", "numbers stay below it", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 } },
  { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
  { "dtype", "element type: i64, i32 or u8", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_I64 } },
  { "seed", "of the document", TL_ATTR_INT },
  { "stream", "of the owner of the counter", TL_ATTR_INT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = (TlDType)self->attrs[DTYPE].i;
  gint64  low = self->attrs[LOW].i, high = self->attrs[HIGH].i;
  gint64  least = dtype == TL_DTYPE_U8 ? 0 : dtype == TL_DTYPE_I32 ? G_MININT32
                                                                   : G_MININT64;
  gint64  most = dtype == TL_DTYPE_U8 ? 255 : dtype == TL_DTYPE_I32 ? G_MAXINT32
                                                                    : G_MAXINT64;

  if (!tl_random_infer_call (self, 0, error))
    return FALSE;
  if (dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_I32 && dtype != TL_DTYPE_U8)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be i64, i32 or u8, not %s", tl_dtype_name (dtype));
  if (low >= high || low < least || high - 1 > most)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "no numbers of %s lie from %" G_GINT64_FORMAT " to below %" G_GINT64_FORMAT, tl_dtype_name (dtype),
                          low, high);
  tl_infer_out (self, 0, dtype, (guint)self->attrs[SHAPE].n, self->attrs[SHAPE].v);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlRandomArgs *args = tl_prepare_args (self, TlRandomArgs);

  args->dtype = self->out[0].dtype;
  args->kind = TL_RANDOM_INTEGER;
  args->key = tl_philox_key ((guint64)self->attrs[SEED].i, (guint64)self->attrs[STREAM].i);
  args->n = tl_meta_get_n_elements (&self->out[0]);
  args->int_low = self->attrs[LOW].i;
  args->int_high = self->attrs[HIGH].i;
  self->kernel = &tl_kernels_get ()->random;
  return TRUE;
}

static const TlSample samples[] = {
  { "i64:<9", "high = 10, shape = {3, 4}" },
  { "i64:<9", "low = -5, high = 5, shape = {70, 3}, seed = 5, stream = 2, dtype = i32" },
  { "i64:<9", "high = 256, shape = {5}, dtype = u8" },
  { "i64:<9", "high = 2, shape = {0}" },
  { NULL },
};

const TlOpClass tl_op_randint = {
  .name = "randint",
  .group = "random",
  .doc = "Whole numbers, equally distributed.",
  .formula = "low <= y < high",
  .source = "Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405",
  .in = tl_random_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
};
