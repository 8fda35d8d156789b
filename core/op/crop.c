/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[..., height, width]`" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "top", "first row", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -1e9, .max = 1e9 },
  { "left", "first column", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -1e9, .max = 1e9 },
  { "height", "rows", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { "width", "columns", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e9 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[i];
  shape[x->rank - 2] = self->attrs[2].i;
  shape[x->rank - 1] = self->attrs[3].i;
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  TlAttrValue   pad[] = { { .n = 4 }, TL_INT (0), TL_FLOAT (0) };
  gboolean      inside = TRUE;
  TlTensor     *y = self->in[0];
  TlFormula     f;

  tl_formula_init (&f, error);
  for (guint i = 0; i < 2; i++) {
    TlDim  size = x->shape[x->rank - 1 - i];
    gint64 low = self->attrs[1 - i].i, length = self->attrs[3 - i].i;
    gint64 start, end;

    /* A picture of open size is taken to reach as far as the part. */
    start = tl_dim_is_symbolic (size) ? MAX (low, 0) : CLAMP (low, 0, size);
    end = tl_dim_is_symbolic (size) ? MAX (low + length, start) : CLAMP (low + length, start, size);
    y = tl_formula_narrow (&f, y, i == 0 ? -1 : -2, start, end - start);
    pad[0].v[2 * i] = CLAMP (-low, 0, length - (end - start));
    pad[0].v[2 * i + 1] = length - (end - start) - pad[0].v[2 * i];
    inside = inside && length == end - start;
  }
  return tl_formula_into (&f, inside ? y : tl_formula_apply (&f, &tl_op_pad, pad, 1, y), &self->dx[0]);
}

static const TlSample samples[] = {
  { "1,5,6", "top = 1, left = 2, height = 3, width = 2" },
  { "3,4", "top = -1, left = 2, height = 3, width = 4" },
  { "2,3,3", "top = 2, left = -2, height = 4, width = 3" },
  { "2,2", "top = 5, left = 0, height = 2, width = 2" },
  { "0,2,2", "top = 0, left = 0, height = 1, width = 1" },
  { NULL },
};

const TlOpClass tl_op_crop = {
  .name = "crop",
  .group = "image",
  .doc = "A part of pictures; what lies outside them is zeros.",
  .formula = "y[i, j] = x[top + i, left + j]",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.pad(x0, [width + abs(left)] * 2 + [height + abs(top)] * 2)[..., top + height + abs(top):, left + width + abs(left):][..., :height, :width] if top < x0.shape[-2] else torch.zeros(x0.shape[:-2] + (height, width), dtype=x0.dtype)",
};
