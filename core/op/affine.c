/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/warp-common.h"

enum { ANGLE,
       TRANSLATE,
       SCALE,
       SHEAR,
       WARP };

static const TlAttrSpec attrs[] = {
  { "angle", "degrees, with the clock", TL_ATTR_FLOAT, .has_range = TRUE, .min = -1e6, .max = 1e6 },
  { "translate", "pixels to the right and down", TL_ATTR_FLOATS, .def = { .n = 2 }, .has_range = TRUE, .min = -1e9, .max = 1e9, .n = 2 },
  { "scale", "larger than 1 makes larger", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-9, .max = 1e9 },
  { "shear", "degrees of columns and rows", TL_ATTR_FLOATS, .def = { .n = 2 }, .has_range = TRUE, .min = -89, .max = 89, .n = 2 },
  TL_WARP_ATTRS,
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_warp_infer (self, WARP, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue *a = self->attrs;
  TlWarp             warp = { .angle = -a[ANGLE].d, .scale = a[SCALE].d };

  for (guint i = 0; i < 2; i++) {
    warp.translate[i] = a[TRANSLATE].f[i];
    warp.shear[i] = a[SHEAR].f[i];
  }
  return tl_warp (self, WARP, &warp, error);
}

static const TlSample samples[] = {
  { "1,2,4,5", "angle = 30, translate = {1, -0.5}, interpolation = bilinear" },
  { "2,5,3", "angle = -75, scale = 1.3, shear = {10, 20}, interpolation = bilinear" },
  { "1,4,4", "scale = 0.7, shear = {-25, 5}, center = {1.2, 0.7}" },
  { "0,2,3" },
  { NULL },
};

const TlOpClass tl_op_affine = {
  .name = "affine",
  .group = "image",
  .doc = "Pictures turned, scaled, sheared and moved; 0 where nothing was.",
  .formula = "y at a place = x at the place the map comes from",
  .source = "Jaderberg et al. 2015, arXiv:1506.02025",
  .in = tl_warp_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(lambda x, m, c, t: F.grid_sample(x.reshape(1, -1, *x.shape[-2:]), ((torch.stack(torch.meshgrid(torch.arange(x.shape[-1], dtype=x.dtype) + 0.5, torch.arange(x.shape[-2], dtype=x.dtype) + 0.5, indexing='xy'), -1) - c - t) @ torch.linalg.inv(m).T + c).mul(2 / torch.tensor([x.shape[-1], x.shape[-2]], dtype=x.dtype)).sub(1)[None], interpolation, 'zeros', False).reshape(x.shape))(x0, (lambda r, sx, sy: scale * torch.tensor([[math.cos(r), -math.sin(r)], [math.sin(r), math.cos(r)]], dtype=torch.float64) @ torch.tensor([[1, 0], [-math.tan(sy), 1]], dtype=torch.float64) @ torch.tensor([[1, -math.tan(sx)], [0, 1]], dtype=torch.float64))(math.radians(angle), math.radians(shear[0]), math.radians(shear[1])).to(x0.dtype), torch.tensor(center if center else [x0.shape[-1] / 2, x0.shape[-2] / 2], dtype=x0.dtype), torch.tensor(translate, dtype=x0.dtype))",
};
