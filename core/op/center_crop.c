/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[..., height, width]`" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "output_size", "rows and columns", TL_ATTR_INTS, .required = TRUE, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 0, .max = 1e9, .n = 2 },
  { NULL },
};

/* Where the middle @part of @whole begins; halves are rounded to even. */
static gint64
middle (gint64 whole,
        gint64 part)
{
  gint64 half = (whole - part) / 2;

  return part > whole ? -((part - whole) / 2) : (whole - part) % 2 != 0 && half % 2 != 0 ? half + 1
                                                                                         : half;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i + 2 < x->rank ? x->shape[i] : tl_attr_pair (&self->attrs[0], i + 2 - x->rank);
  if (tl_dim_is_symbolic (x->shape[x->rank - 1]) || tl_dim_is_symbolic (x->shape[x->rank - 2]))
    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "the size of the pictures is not known yet");
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *x = &self->in[0]->meta;
  gint64            height = tl_attr_pair (&self->attrs[0], 0), width = tl_attr_pair (&self->attrs[0], 1);
  const TlAttrValue values[] = { TL_INT (middle (x->shape[x->rank - 2], height)), TL_INT (middle (x->shape[x->rank - 1], width)), TL_INT (height), TL_INT (width) };

  self->dx[0] = tl_op_apply1 (&tl_op_crop, self->in, 1, values, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "1,5,6", "output_size = {3}" },
  { "4,4", "output_size = {2, 6}" },
  { "2,3,3", "output_size = {3}" },
  { "0,2,2", "output_size = {1}" },
  { NULL },
};

const TlOpClass tl_op_center_crop = {
  .name = "center_crop",
  .group = "image",
  .doc = "The middle of pictures; what lies outside them is zeros.",
  .formula = "y = crop (x, (h - height) / 2, (w - width) / 2, height, width)",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(lambda t, l: F.pad(x0, [9] * 4)[..., t + 9:t + 9 + output_size[0], l + 9:l + 9 + output_size[-1]])(round((x0.shape[-2] - output_size[0]) / 2) if x0.shape[-2] >= output_size[0] else -((output_size[0] - x0.shape[-2]) // 2), round((x0.shape[-1] - output_size[-1]) / 2) if x0.shape[-1] >= output_size[-1] else -((output_size[-1] - x0.shape[-1]) // 2))",
};
