/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/random-common.h"

enum { N,
       SEED,
       STREAM };

static const TlAttrSpec attrs[] = {
  { "n", "how many numbers", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e15 },
  { "seed", "of the document", TL_ATTR_INT },
  { "stream", "of the owner of the counter", TL_ATTR_INT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_random_infer_call (self, 0, error))
    return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_I64, 1, (const TlDim[]){ self->attrs[N].i });
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlRandomArgs *args = tl_prepare_args (self, TlRandomArgs);

  args->dtype = TL_DTYPE_I64;
  args->key = tl_philox_key ((guint64)self->attrs[SEED].i, (guint64)self->attrs[STREAM].i);
  args->n = self->attrs[N].i;
  self->kernel = &tl_kernels_get ()->permutation;
  return TRUE;
}

static const TlSample samples[] = { { "i64:<9", "n = 7" }, { "i64:<9", "n = 300, seed = 5, stream = 2" }, { "i64:<9", "n = 1" }, { "i64:<9", "n = 0" }, { NULL } };

const TlOpClass tl_op_randperm = {
  .name = "randperm",
  .group = "random",
  .doc = "The numbers from 0 to n - 1 in an order by chance, i64.",
  .formula = "y is a permutation of 0 .. n - 1",
  .source = "Durstenfeld 1964, doi:10.1145/364520.364540",
  .in = tl_random_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
};
