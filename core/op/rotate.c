/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/warp-common.h"

static const TlAttrSpec attrs[] = {
  { "angle", "degrees, against the clock", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = -1e6, .max = 1e6 },
  TL_WARP_ATTRS,
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_warp_infer (self, 1, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_warp (self, 1, &(const TlWarp){ .angle = self->attrs[0].d, .scale = 1 }, error);
}

static const TlSample samples[] = {
  { "1,2,4,5", "angle = 30" },
  { "2,5,3", "angle = -75, interpolation = bilinear" },
  { "1,4,4", "angle = 140, interpolation = bilinear, center = {1.2, 0.7}" },
  { "0,2,3", "angle = 10" },
  { NULL },
};

const TlOpClass tl_op_rotate = {
  .name = "rotate",
  .group = "image",
  .doc = "Pictures turned by an angle; 0 where nothing was.",
  .formula = "y at a place = x at the place turned back",
  .source = "Jaderberg et al. 2015, arXiv:1506.02025",
  .in = tl_warp_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(lambda x, c, s, m: F.grid_sample(x.reshape(1, -1, *x.shape[-2:]), ((torch.stack(torch.meshgrid(torch.arange(x.shape[-1], dtype=x.dtype) + 0.5, torch.arange(x.shape[-2], dtype=x.dtype) + 0.5, indexing='xy'), -1) - m) @ torch.tensor([[c, s], [-s, c]], dtype=x.dtype) + m).mul(2 / torch.tensor([x.shape[-1], x.shape[-2]], dtype=x.dtype)).sub(1)[None], interpolation, 'zeros', False).reshape(x.shape))(x0, math.cos(math.radians(angle)), math.sin(math.radians(angle)), torch.tensor(center if center else [x0.shape[-1] / 2, x0.shape[-2] / 2], dtype=x0.dtype))",
};
