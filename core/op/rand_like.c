/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlPort ports[] = {
  { "x", "floating", TL_PORT_NODIFF },
  { "call", "number of the call, i64 without axes", TL_PORT_NODIFF },
  { NULL },
};
static const TlPort out_ports[] = { { "y", "random numbers", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "seed", "of the document", TL_ATTR_INT },
  { "stream", "of the owner of the counter", TL_ATTR_INT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, 0, error) || !tl_random_infer_call (self, 1, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_random_of_shape (&tl_op_rand, &self->in[0]->meta, self->in[1], self->attrs, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; i64:<9" }, { "70,3; i64:<9", "seed = 5, stream = 2" }, { "; i64:<9" }, { "0; i64:<9" }, { NULL } };

const TlOpClass tl_op_rand_like = {
  .name = "rand_like",
  .group = "random",
  .doc = "Random numbers from 0 to below 1 in the shape and dtype of a tensor.",
  .formula = "0 <= y < 1",
  .source = "Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
};
