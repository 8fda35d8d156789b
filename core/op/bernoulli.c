/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlPort ports[] = {
  { "x", "probabilities of 1, floating", TL_PORT_NODIFF },
  { "call", "number of the call, i64 without axes", TL_PORT_NODIFF },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) u = tl_random_of_shape (&tl_op_rand, &self->in[0]->meta, self->in[1], self->attrs, error);

  self->dx[0] = tl_map_text ("select (a < b, 1, 0)", error, 2, u, self->in[0]);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; i64:<9", .low = 0.001, .high = 1 },
  { "70,3; i64:<9", "seed = 5, stream = 2", .low = 0.001, .high = 1 },
  { "; i64:<9", .low = 0.001, .high = 1 },
  { "0; i64:<9" },
  { NULL },
};

const TlOpClass tl_op_bernoulli = {
  .name = "bernoulli",
  .group = "random",
  .doc = "Ones and zeros by chance. A probability below 0 counts as 0, one above 1 as 1; of NaN comes 0.",
  .formula = "y = 1 with probability x, else 0",
  .source = "Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405",
  .in = ports,
  .out = tl_random_out_ports,
  .attrs = tl_random_like_attrs,
  .flags = TL_OP_RANDOM,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_random_infer_like,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Bernoulli", 15 },
};
