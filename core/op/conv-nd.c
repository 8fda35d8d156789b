/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/conv-nd.h"

enum { X,
       WEIGHT,
       BIAS };

/* of transposed convolutions, behind those of TL_CONV_ATTRS */
enum { OUTPUT_PADDING = TL_CONV_ATTR_EXTRA };

const TlPort tl_conv_nd_ports[] = {
  { "x", "`[n, channels, ...]`, floating" },
  { "weight", "`[out channels, channels / groups, kernel...]`, same dtype" },
  { "bias", "`[out channels]`, same dtype", TL_PORT_OPTIONAL },
  { NULL },
};

const TlPort tl_conv_transpose_ports[] = {
  { "x", "`[n, channels, ...]`, floating" },
  { "weight", "`[channels, out channels / groups, kernel...]`, same dtype" },
  { "bias", "`[out channels]`, same dtype", TL_PORT_OPTIONAL },
  { NULL },
};

const TlAttrSpec tl_conv_nd_attrs[] = { TL_CONV_ATTRS, { NULL } };

const TlAttrSpec tl_conv_transpose_attrs[] = {
  TL_CONV_ATTRS_WITH ("elements cut off on each side of the result", NULL),
  { "output_padding", "elements added at the end of each axis of the result, fewer than stride or dilation", TL_ATTR_INTS, .def = { .n = 1, .v = { 0 } }, .has_range = TRUE, .min = 0, .max = 65536 },
  { NULL },
};

static gboolean
fail_shape (TlInfer    *self,
            const char *what,
            GError    **error)
{
  g_autofree char *x = tl_shape_to_string (self->in[X]->shape, self->in[X]->rank);
  g_autofree char *weight = tl_shape_to_string (self->in[WEIGHT]->shape, self->in[WEIGHT]->rank);

  return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s: x %s, weight %s, groups %" G_GINT64_FORMAT, what, x, weight,
                        self->attrs[TL_CONV_ATTR_GROUPS].i);
}

static gboolean
check (TlInfer *self,
       guint    n_spatial,
       TlDim    channels,
       TlDim    out_channels,
       GError **error)
{
  for (guint i = 0; self->op->attrs[i].name != NULL; i++)
    if (self->op->attrs[i].type == TL_ATTR_INTS && self->attrs[i].n != 1 && self->attrs[i].n != (gint)n_spatial &&
        !(self->op->attrs[i].words != NULL && self->attrs[i].n == 0))
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "%s has %d numbers, 1 or %u are wanted", self->op->attrs[i].name, self->attrs[i].n, n_spatial);
  if (!tl_conv_check_same (self, error))
    return FALSE;
  if (self->in[X]->shape[1] != channels)
    return fail_shape (self, "channels differ", error);
  if (self->in[WEIGHT]->shape[0] % self->attrs[TL_CONV_ATTR_GROUPS].i != 0)
    return fail_shape (self, "the weight's first axis cannot be divided by groups", error);
  for (guint i = 0; i < n_spatial; i++)
    if (tl_dim_is_symbolic (self->in[WEIGHT]->shape[2 + i]))
      return fail_shape (self, "the kernel's size must be a number", error);
    else if (self->in[WEIGHT]->shape[2 + i] <= 0)
      return fail_shape (self, "the kernel is empty", error);
  if (!tl_has_in (self, BIAS))
    return TRUE;
  if (!tl_infer_need_same_dtype (self, X, BIAS, error) || !tl_infer_need_rank (self, BIAS, 1, 1, error))
    return FALSE;
  if (self->in[BIAS]->shape[0] != out_channels)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "bias has %" G_GINT64_FORMAT " elements for %" G_GINT64_FORMAT " channels",
                          self->in[BIAS]->shape[0], out_channels);
  return TRUE;
}

static gboolean
check_ranks (TlInfer *self,
             guint    n_spatial,
             GError **error)
{
  return tl_infer_need_float (self, X, error) && tl_infer_need_same_dtype (self, X, WEIGHT, error) &&
         tl_infer_need_rank (self, X, n_spatial + 2, n_spatial + 2, error) &&
         tl_infer_need_rank (self, WEIGHT, n_spatial + 2, n_spatial + 2, error);
}

gboolean
tl_conv_nd_infer (TlInfer *self,
                  guint    n_spatial,
                  GError **error)
{
  const TlMeta *x = self->in[X], *weight = self->in[WEIGHT];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!check_ranks (self, n_spatial, error) ||
      !check (self, n_spatial, tl_dim_mul (weight->shape[1], self->attrs[TL_CONV_ATTR_GROUPS].i), weight->shape[0], error))
    return FALSE;
  shape[0] = x->shape[0];
  shape[1] = weight->shape[0];
  for (guint i = 0; i < n_spatial; i++) {
    shape[2 + i] = tl_conv_out_dim (self->attrs, i, x->shape[2 + i], weight->shape[2 + i]);
    if (!tl_dim_is_symbolic (shape[2 + i]) && shape[2 + i] <= 0)
      return fail_shape (self, "the kernel is larger than x", error);
  }
  tl_infer_out (self, 0, x->dtype, n_spatial + 2, shape);
  return TRUE;
}

gboolean
tl_conv_transpose_infer (TlInfer *self,
                         guint    n_spatial,
                         GError **error)
{
  const TlMeta *x = self->in[X], *weight = self->in[WEIGHT];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!check_ranks (self, n_spatial, error))
    return FALSE;
  shape[0] = x->shape[0];
  shape[1] = tl_dim_mul (weight->shape[1], self->attrs[TL_CONV_ATTR_GROUPS].i);
  if (!check (self, n_spatial, weight->shape[0], shape[1], error))
    return FALSE;
  for (guint i = 0; i < n_spatial; i++) {
    gint64 stride = tl_attr_pair (&self->attrs[TL_CONV_ATTR_STRIDE], i), dilation = tl_attr_pair (&self->attrs[TL_CONV_ATTR_DILATION], i);
    gint64 padding = tl_attr_pair (&self->attrs[TL_CONV_ATTR_PADDING], i), more = tl_attr_pair (&self->attrs[OUTPUT_PADDING], i), grown;

    if (more >= MAX (stride, dilation))
      return tl_infer_fail (self, TL_ERROR_VALUE, error,
                            "output_padding %" G_GINT64_FORMAT " is not smaller than stride %" G_GINT64_FORMAT " or dilation %" G_GINT64_FORMAT, more, stride,
                            dilation);
    shape[2 + i] = tl_dim_mul (tl_dim_sub (x->shape[2 + i], 1), stride);
    grown = dilation * (weight->shape[2 + i] - 1) + 1 - 2 * padding + more;
    if (!tl_dim_is_symbolic (x->shape[2 + i]) && (x->shape[2 + i] < 1 || shape[2 + i] + grown <= 0))
      return fail_shape (self, "nothing is left within the padding", error);
    shape[2 + i] = grown < 0 ? tl_dim_sub (shape[2 + i], -grown) : tl_dim_add (shape[2 + i], grown);
  }
  tl_infer_out (self, 0, x->dtype, n_spatial + 2, shape);
  return TRUE;
}

/* The attributes of conv2d for two of the spatial axes; -1 is an axis of size 1. */
static void
set_attrs (const TlAttrValue *from,
           gint               high,
           gint               low,
           TlAttrValue       *to)
{
  for (guint i = 0; i < TL_CONV_ATTR_GROUPS; i++) {
    gint64 none = i != TL_CONV_ATTR_PADDING;

    if (from[i].n == 0)
      to[i] = from[i];
    else
      to[i] = TL_INTS2 (high < 0 ? none : tl_attr_pair (&from[i], (guint)high), tl_attr_pair (&from[i], (guint)low));
  }
  to[TL_CONV_ATTR_GROUPS] = from[TL_CONV_ATTR_GROUPS];
}

/* @y, one behind the other along nothing: adds @part to *@sum; both may be NULL after an error. */
static gboolean
add_part (TlTensor **sum,
          TlTensor  *part,
          GError   **error)
{
  g_autoptr (TlTensor) before = *sum;

  *sum = NULL;
  if (part == NULL)
    return FALSE;
  *sum = before != NULL ? tl_add (before, part, error) : tl_tensor_ref (part);
  return *sum != NULL;
}

static TlTensor *
add_bias (TlGradient *self,
          TlTensor   *y,
          GError    **error)
{
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) bias = NULL;

  if (y == NULL || !tl_has_in (self, BIAS))
    return y != NULL ? tl_tensor_ref (y) : NULL;
  for (guint i = 0; i < y->meta.rank; i++)
    shape[i] = i == 1 ? y->meta.shape[1] : 1;
  bias = tl_reshape (self->in[BIAS], y->meta.rank, shape, error);
  return bias != NULL ? tl_add (y, bias, error) : NULL;
}

/* [n, c, d, h, w] as [n d, c, h, w], and back. */
static TlTensor *
as_pictures (TlTensor *x,
             GError  **error)
{
  static const guint   order[] = { 0, 2, 1, 3, 4 };
  g_autoptr (TlTensor) turned = tl_permute (x, order, error);
  const TlDim         *s = x->meta.shape;

  return turned != NULL ? tl_reshape (turned, 4, (TlDim[]){ tl_dim_mul (s[0], s[2]), s[1], s[3], s[4] }, error) : NULL;
}

static TlTensor *
as_volumes (TlTensor *pictures,
            TlDim     n,
            TlDim     depth,
            GError  **error)
{
  static const guint   order[] = { 0, 2, 1, 3, 4 };
  const TlDim         *s = pictures->meta.shape;
  g_autoptr (TlTensor) open = tl_reshape (pictures, 5, (TlDim[]){ n, depth, s[1], s[2], s[3] }, error);

  return open != NULL ? tl_permute (open, order, error) : NULL;
}

/* The kernel's position @t along depth: its two-dimensional weight. */
static TlTensor *
weight_at (TlGradient *self,
           gint64      t,
           GError    **error)
{
  g_autoptr (TlTensor) one = tl_narrow (self->in[WEIGHT], 2, t, 1, error);

  return one != NULL ? tl_squeeze (one, 2, error) : NULL;
}

static gboolean
convolve_volumes (TlGradient   *self,
                  const TlMeta *out,
                  GError      **error)
{
  gint64               stride = tl_attr_pair (&self->attrs[TL_CONV_ATTR_STRIDE], 0), low, high;
  gint64               dilation = tl_attr_pair (&self->attrs[TL_CONV_ATTR_DILATION], 0);
  TlDim                depth = out->shape[2];
  TlAttrValue          values[TL_CONV_ATTR_EXTRA];
  g_autoptr (TlTensor) padded = NULL;
  g_autoptr (TlTensor) sum = NULL;

  set_attrs (self->attrs, 1, 2, values);
  tl_conv_get_padding (self->attrs, 0, self->in[WEIGHT]->meta.shape[2], &low, &high);
  padded = low + high > 0 ? tl_slice_scatter (self->in[X], 2, low, 1, tl_dim_add (self->in[X]->meta.shape[2], low + high), 0, error) : tl_tensor_ref (self->in[X]);
  for (gint64 t = 0; t < self->in[WEIGHT]->meta.shape[2]; t++) {
    g_autoptr (TlTensor) met = NULL;
    g_autoptr (TlTensor) pictures = NULL;
    g_autoptr (TlTensor) weight = NULL;
    g_autoptr (TlTensor) part = NULL;

    met = padded != NULL ? tl_slice_at (padded, 2, t * dilation, depth, stride, error) : NULL;
    pictures = met != NULL ? as_pictures (met, error) : NULL;
    weight = pictures != NULL ? weight_at (self, t, error) : NULL;
    part = weight != NULL ? tl_conv2d_with_attrs (pictures, weight, NULL, values, error) : NULL;
    if (!add_part (&sum, part, error))
      return FALSE;
  }
  g_clear_pointer (&padded, tl_tensor_unref);
  padded = as_volumes (sum, out->shape[0], depth, error);
  self->dx[0] = add_bias (self, padded, error);
  return self->dx[0] != NULL;
}

gboolean
tl_conv_nd_decompose (TlGradient *self,
                      GError    **error)
{
  TlAttrValue          values[TL_CONV_ATTR_EXTRA];
  TlMeta               out;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) weight = NULL;
  g_autoptr (TlTensor) y = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  if (out.rank == 5)
    return convolve_volumes (self, &out, error);
  set_attrs (self->attrs, -1, 0, values);
  x = tl_unsqueeze (self->in[X], 2, error);
  weight = x != NULL ? tl_unsqueeze (self->in[WEIGHT], 2, error) : NULL;
  y = weight != NULL ? tl_conv2d_with_attrs (x, weight, tl_has_in (self, BIAS) ? self->in[BIAS] : NULL, values, error) : NULL;
  self->dx[0] = y != NULL ? tl_reshape (y, out.rank, out.shape, error) : NULL;
  return self->dx[0] != NULL;
}

/* The pictures that each position of the kernel's depth makes go to their places in a volume that still has its padding. */
static gboolean
transpose_volumes (TlGradient   *self,
                   const TlMeta *out,
                   GError      **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  gint64               stride = tl_attr_pair (&self->attrs[TL_CONV_ATTR_STRIDE], 0), padding = tl_attr_pair (&self->attrs[TL_CONV_ATTR_PADDING], 0);
  gint64               dilation = tl_attr_pair (&self->attrs[TL_CONV_ATTR_DILATION], 0), depth = tl_dim_add (out->shape[2], 2 * padding);
  TlDim                shape[] = { tl_dim_mul (x->shape[0], x->shape[2]), out->shape[1], out->shape[3], out->shape[4] };
  TlAttrValue          values[TL_CONV_ATTR_EXTRA];
  g_autoptr (TlTensor) pictures = as_pictures (self->in[X], error);
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) inner = NULL;

  set_attrs (self->attrs, 1, 2, values);
  for (gint64 t = 0; t < self->in[WEIGHT]->meta.shape[2]; t++) {
    g_autoptr (TlTensor) weight = pictures != NULL ? weight_at (self, t, error) : NULL;
    g_autoptr (TlTensor) flat = weight != NULL ? tl_conv2d_data_grad (pictures, weight, shape, values, error) : NULL;
    g_autoptr (TlTensor) volume = flat != NULL ? as_volumes (flat, x->shape[0], x->shape[2], error) : NULL;
    g_autoptr (TlTensor) part = volume != NULL ? tl_slice_scatter (volume, 2, t * dilation, stride, depth, 0, error) : NULL;

    if (!add_part (&sum, part, error))
      return FALSE;
  }
  inner = tl_narrow (sum, 2, padding, out->shape[2], error);
  self->dx[0] = add_bias (self, inner, error);
  return self->dx[0] != NULL;
}

gboolean
tl_conv_transpose_decompose (TlGradient *self,
                             GError    **error)
{
  TlAttrValue          values[TL_CONV_ATTR_EXTRA];
  TlMeta               out;
  TlDim                shape[4];
  gboolean             is_line;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) weight = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) plain = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  if (out.rank == 5)
    return transpose_volumes (self, &out, error);
  is_line = out.rank == 3;
  set_attrs (self->attrs, is_line ? -1 : 0, is_line ? 0 : 1, values);
  shape[0] = out.shape[0];
  shape[1] = out.shape[1];
  shape[2] = is_line ? 1 : out.shape[2];
  shape[3] = out.shape[out.rank - 1];
  x = is_line ? tl_unsqueeze (self->in[X], 2, error) : tl_tensor_ref (self->in[X]);
  weight = x == NULL ? NULL : is_line ? tl_unsqueeze (self->in[WEIGHT], 2, error)
                                      : tl_tensor_ref (self->in[WEIGHT]);
  y = weight != NULL ? tl_conv2d_data_grad (x, weight, shape, values, error) : NULL;
  plain = y != NULL ? tl_reshape (y, out.rank, out.shape, error) : NULL;
  self->dx[0] = add_bias (self, plain, error);
  return self->dx[0] != NULL;
}
