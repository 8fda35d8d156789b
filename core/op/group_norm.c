/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/norm-common.h"

enum { NUM_GROUPS,
       EPS };

static const TlPort ports[] = {
  { "x", "`[n, channels, ...]`, floating" },
  { "weight", "scale of each channel `[channels]`, same dtype", TL_PORT_OPTIONAL },
  { "bias", "what is added to each channel `[channels]`, same dtype", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "num_groups", "parts into which channels are divided", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 1e9 },
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 1; i < 3; i++)
    if (tl_has_in (self, i)) {
      if (!tl_infer_need_same_dtype (self, 0, i, error) || !tl_infer_need_rank (self, i, 1, 1, error))
        return FALSE;
      if (self->in[i]->shape[0] != x->shape[1])
        return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has %" G_GINT64_FORMAT " elements for %" G_GINT64_FORMAT " channels", ports[i].name,
                              self->in[i]->shape[0], x->shape[1]);
    }
  if (tl_dim_div_exact (x->shape[1], self->attrs[NUM_GROUPS].i) == TL_DIM_INVALID) {
    g_autofree char *channels = tl_dim_to_string (x->shape[1]);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s channels cannot be divided into %" G_GINT64_FORMAT " groups", channels, self->attrs[NUM_GROUPS].i);
  }
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_norm_groups (self->in[0], self->attrs[NUM_GROUPS].i, self->attrs[EPS].d, tl_has_in (self, 1) ? self->in[1] : NULL,
                                tl_has_in (self, 2) ? self->in[2] : NULL, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "2,4,3; 4; 4", "num_groups = 2" },
  { "2,6,2,2; 6; 6", "num_groups = 3, eps = 0.01" },
  { "3,4", "num_groups = 1" },
  { NULL },
};

const TlOpClass tl_op_group_norm = {
  .name = "group_norm",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 over groups of channels of each example.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias over each group",
  .source = "Wu & He 2018, arXiv:1803.08494",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "GroupNormalization", 21 },
  .torch = "F.group_norm(x0, num_groups, x[1] if len(x) > 1 else None, x[2] if len(x) > 2 else None, eps)",
};
