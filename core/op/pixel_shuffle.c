/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pixel-common.h"

static const TlPort ports[] = { { "x", "`[..., channels, height, width]`" }, { NULL } };

static const TlAttrSpec attrs[] = { { "upscale_factor", "edge of the block of pixels", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 65536 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  gint64        r = self->attrs[0].i;
  TlDim         shape[TL_TENSOR_MAX_RANK], *last;

  if (!tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[i];
  last = shape + x->rank - 3;
  last[0] = tl_dim_div_exact (last[0], r * r);
  if (last[0] == TL_DIM_INVALID) {
    g_autofree char *channels = tl_dim_to_string (x->shape[x->rank - 3]);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s channels are no blocks of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT, channels, r, r);
  }
  last[1] = tl_dim_mul (last[1], r);
  last[2] = tl_dim_mul (last[2], r);
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

/* Everything in front of the channels is one axis. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  const TlDim  *last = x->shape + x->rank - 3;
  gint64        r = self->attrs[0].i;
  const TlDim   sizes[] = { tl_dim_div_exact (last[0], r * r), r, r, last[1], last[2] };

  return tl_pixel_regroup (self, sizes, (const guint[]){ 0, 1, 4, 2, 5, 3 }, error);
}

static const TlSample samples[] = { { "1,8,2,3", "upscale_factor = 2" }, { "4,2,2", "upscale_factor = 2" }, { "2,2,3,2", "upscale_factor = 1" }, { NULL } };

const TlOpClass tl_op_pixel_shuffle = {
  .name = "pixel_shuffle",
  .group = "image",
  .doc = "Channels become blocks of pixels.",
  .formula = "y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w]",
  .source = "Shi et al. 2016, arXiv:1609.05158",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "DepthToSpace", 1 },
  .torch = "F.pixel_shuffle(x0, upscale_factor)",
};
