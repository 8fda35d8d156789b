/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "`[n, channels, ...]`, floating" },
  { "weight", "slope for negative x, `[channels]` or `[1]`, same dtype" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0], *weight = self->in[1];
  TlDim         channels = x->rank > 1 ? x->shape[1] : 1;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 1, 1, 1, error))
    return FALSE;
  if (weight->shape[0] != 1 && weight->shape[0] != channels) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "weight has %" G_GINT64_FORMAT " elements for the channels of %s",
                          weight->shape[0], shape);
  }
  return tl_infer_same (self, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) slope = NULL;

  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == 1 ? self->in[1]->meta.shape[0] : 1;
  slope = tl_reshape (self->in[1], x->rank > 1 ? x->rank : 0, shape, error);
  self->dx[0] = tl_map_text ("select (a > 0, a, a * b)", error, 2, self->in[0], slope);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 4", .kinks = "0" },
  { "2,3,4; 3", .kinks = "0" },
  { "2,3; 1", .kinks = "0" },
  { "4; 1", .kinks = "0" },
  { "0,3; 3" },
  { NULL },
};

const TlOpClass tl_op_prelu = {
  .name = "prelu",
  .group = "activation",
  .doc = "Rectified linear unit with a learned slope for negative x, one for each channel.",
  .formula = "y = x where x > 0, else weight x",
  .source = "He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "PRelu", 16 },
  .torch = "F.prelu(x0, x1)",
};
