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

/* The same of a size that is not known yet and taken to be @part at least. */
static TlDim
open_middle (TlDim  whole,
             gint64 part)
{
  TlDim free = tl_dim_sub (whole, part);

  return tl_dim_add (tl_dim_floor_div (free, 2), tl_dim_sub (tl_dim_floor_div (tl_dim_add (free, 1), 4), tl_dim_floor_div (free, 4)));
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
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

/* The middle of the rows (0) or columns (1). */
static TlTensor *
cut_axis (TlTensor *x,
          guint     axis,
          gint64    part,
          GError  **error)
{
  TlDim       whole = x->meta.shape[x->meta.rank - 2 + axis];
  TlAttrValue pad[] = { { .n = 4 }, TL_INT (0), TL_FLOAT (0) };
  gint64      low;

  if (tl_dim_is_symbolic (whole))
    return tl_narrow (x, (gint)axis - 2, open_middle (whole, part), part, error);
  low = middle (whole, part);
  pad[0].v[2 - 2 * axis] = -low;
  pad[0].v[3 - 2 * axis] = part - whole + low;
  return tl_op_apply1 (&tl_op_pad, &x, 1, pad, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *x = &self->in[0]->meta;
  gint64            height = tl_attr_pair (&self->attrs[0], 0), width = tl_attr_pair (&self->attrs[0], 1);
  const TlAttrValue values[] = { TL_INT (middle (x->shape[x->rank - 2], height)), TL_INT (middle (x->shape[x->rank - 1], width)), TL_INT (height), TL_INT (width) };

  if (tl_dim_is_symbolic (x->shape[x->rank - 2]) || tl_dim_is_symbolic (x->shape[x->rank - 1])) {
    g_autoptr (TlTensor) y = cut_axis (self->in[0], 0, height, error);

    self->dx[0] = y != NULL ? cut_axis (y, 1, width, error) : NULL;
    return self->dx[0] != NULL;
  }
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
