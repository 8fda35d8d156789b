/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pixel-common.h"

static const TlPort ports[] = { { "x", "`[..., channels, height, width]`" }, { NULL } };

static const TlAttrSpec attrs[] = { { "downscale_factor", "edge of the block of pixels", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 65536 }, { NULL } };

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
  last[0] = tl_dim_mul (last[0], r * r);
  for (guint i = 1; i < 3; i++) {
    last[i] = tl_dim_div_exact (last[i], r);
    if (last[i] == TL_DIM_INVALID) {
      g_autofree char *size = tl_dim_to_string (x->shape[x->rank - 3 + i]);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "a size of %s cannot be divided by %" G_GINT64_FORMAT, size, r);
    }
  }
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
  const TlDim   sizes[] = { last[0], tl_dim_div_exact (last[1], r), r, tl_dim_div_exact (last[2], r), r };

  return tl_pixel_regroup (self, sizes, (const guint[]){ 0, 1, 3, 5, 2, 4 }, error);
}

static const TlSample samples[] = { { "1,2,4,6", "downscale_factor = 2" }, { "1,2,4", "downscale_factor = 2" }, { "2,2,3,2", "downscale_factor = 1" }, { NULL } };

const TlOpClass tl_op_pixel_unshuffle = {
  .name = "pixel_unshuffle",
  .group = "image",
  .doc = "Blocks of pixels become channels.",
  .formula = "y[c r^2 + i r + j, h, w] = x[c, h r + i, w r + j]",
  .source = "Shi et al. 2016, arXiv:1609.05158",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "SpaceToDepth", 1 },
  .torch = "F.pixel_unshuffle(x0, downscale_factor)",
};
