/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/poisson.h"
#include "core/op/random-common.h"

static const TlPort ports[] = {
  { "x", "rates, not negative, floating", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "call", "number of the call, i64 without axes", TL_PORT_NODIFF },
  { NULL },
};

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlPoissonArgs *args = tl_prepare_args (self, TlPoissonArgs);

  args->dtype = self->in[0]->dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32;
  args->key = tl_philox_key ((guint64)self->attrs[0].i, (guint64)self->attrs[1].i);
  args->n = tl_meta_get_n_elements (&self->out[0]);
  self->kernel = &tl_poisson_kernel;
  return TRUE;
}

static const TlSample samples[] = {
  { "3,4; i64:<9", .low = 0, .high = 9 },
  { "70,3; i64:<9", "seed = 5, stream = 2", 5, 500 },
  { "; i64:<9", .low = 0, .high = 3 },
  { "0; i64:<9" },
  { NULL },
};

const TlOpClass tl_op_poisson = {
  .name = "poisson",
  .group = "random",
  .doc = "Random numbers of events where a rate is expected: of the Poisson distribution. NaN of a rate that is negative.",
  .formula = "P (y = k) = x^k e^-x / k!",
  .source = "Hörmann 1993, doi:10.1016/0167-6687(93)90997-4; Devroye 1986, Non-Uniform Random Variate Generation, X.3",
  .in = ports,
  .out = tl_random_out_ports,
  .attrs = tl_random_like_attrs,
  .flags = TL_OP_RANDOM,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_random_infer_like,
  .prepare = prepare,
  .samples = samples,
};
