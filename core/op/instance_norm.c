/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/norm-common.h"

static const TlPort ports[] = {
  { "x", "`[n, channels, ...]`, floating" },
  { "weight", "scale of each channel `[channels]`, same dtype", TL_PORT_OPTIONAL },
  { "bias", "what is added to each channel `[channels]`, same dtype", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 1; i < 3; i++)
    if (tl_has_in (self, i)) {
      if (!tl_infer_need_same_dtype (self, 0, i, error) || !tl_infer_need_rank (self, i, 1, 1, error))
        return FALSE;
      if (self->in[i]->shape[0] != x->shape[1])
        return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has %" G_GINT64_FORMAT " elements for %" G_GINT64_FORMAT " channels", ports[i].name,
                              self->in[i]->shape[0], x->shape[1]);
    }
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_norm_groups (self->in[0], self->in[0]->meta.shape[1], self->attrs[0].d, tl_has_in (self, 1) ? self->in[1] : NULL,
                                tl_has_in (self, 2) ? self->in[2] : NULL, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "2,4,3; 4; 4" }, { "2,3,2,2", "eps = 0.01" }, { "1,2,5; 2" }, { NULL } };

const TlOpClass tl_op_instance_norm = {
  .name = "instance_norm",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 over each channel of each example.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias over each channel",
  .source = "Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "InstanceNormalization", 6 },
  .torch = "F.instance_norm(x0, weight=x[1] if len(x) > 1 else None, bias=x[2] if len(x) > 2 else None, eps=eps)",
};
