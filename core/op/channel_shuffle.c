/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "x", "`[n, channels, ...]`" }, { NULL } };

static const TlAttrSpec attrs[] = { { "groups", "parts whose channels are interleaved", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 1e9 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (tl_dim_div_exact (x->shape[1], self->attrs[0].i) == TL_DIM_INVALID) {
    g_autofree char *channels = tl_dim_to_string (x->shape[1]);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s channels cannot be divided into %" G_GINT64_FORMAT " groups", channels, self->attrs[0].i);
  }
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  gint64               groups = self->attrs[0].i;
  TlDim                behind = 1;
  g_autoptr (TlTensor) open = NULL;
  g_autoptr (TlTensor) turned = NULL;

  for (guint i = 2; i < x->rank; i++)
    behind = tl_dim_mul (behind, x->shape[i]);
  open = tl_reshape (self->in[0], 4, (TlDim[]){ x->shape[0], groups, tl_dim_div_exact (x->shape[1], groups), behind }, error);
  turned = open != NULL ? tl_transpose (open, 1, 2, error) : NULL;
  self->dx[0] = turned != NULL ? tl_reshape (turned, x->rank, x->shape, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "1,6,2,2", "groups = 3" }, { "2,4,3", "groups = 2" }, { "1,2,1,1", "groups = 1" }, { NULL } };

const TlOpClass tl_op_channel_shuffle = {
  .name = "channel_shuffle",
  .group = "image",
  .doc = "Channels of groups interleaved.",
  .formula = "y[n, i groups + g] = x[n, g channels / groups + i]",
  .source = "Zhang et al. 2018, arXiv:1707.01083",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.channel_shuffle(x0, groups)",
};
