/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

static const TlPort ports[] = {
  { "mean", "floating" },
  { "std", "deviation, broadcast, same dtype" },
  { "call", "number of the call, i64 without axes", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "seed", "of the document", TL_ATTR_INT },
  { "stream", "of the owner of the counter", TL_ATTR_INT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint rank;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) || !tl_random_infer_call (self, 2, error))
    return FALSE;
  if (!tl_broadcast_shapes (self->in, 2, shape, &rank)) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "shapes do not fit: %s and %s", a, b);
  }
  tl_infer_out (self, 0, self->in[0]->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlMeta               out;
  g_autoptr (TlTensor) z = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  z = tl_random_of_shape (&tl_op_randn, &out, self->in[2], self->attrs, error);
  self->dx[0] = tl_map_text ("a + b * c", error, 3, self->in[0], self->in[1], z);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 3,4; i64:<9" }, { "70,3; 3; i64:<9", "seed = 5, stream = 2" }, { "; ; i64:<9" }, { "0; 1; i64:<9" }, { NULL } };

const TlOpClass tl_op_normal = {
  .name = "normal",
  .group = "random",
  .doc = "Normally distributed numbers, each with a mean and deviation of its own. Gradients flow to both.",
  .formula = "y = mean + std z, z ~ N (0, 1)",
  .source = "Kingma & Welling 2014, arXiv:1312.6114",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
};
