/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "pictures `[n, channels, height, width]` or without n, floating" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "kernel_size", "columns and rows of the window, odd", TL_ATTR_INTS, .required = TRUE, .def = { .n = 2, .v = { 3, 3 } }, .has_range = TRUE, .min = 1, .max = 9999, .n = 2 },
  { "sigma", "deviations along columns and rows; none: 0.15 kernel_size + 0.35", TL_ATTR_FLOATS, .has_range = TRUE, .min = 1e-9, .max = 1e9 },
  { NULL },
};

/* A bell of @size numbers that come to 1. */
static TlTensor *
make_window (TlFormula *f,
             gint64     size,
             double     sigma,
             TlDType    dtype,
             GError   **error)
{
  const double numbers[] = { (double)(size - 1) / 2, sigma };
  TlTensor    *place = f->has_failed ? NULL : tl_formula_keep (f, tl_arange (0, (double)size, 1, TL_DTYPE_F64, error));

  place = f->has_failed ? NULL : tl_formula_keep (f, tl_map_numbers ("exp (-0.5 * ((a - b) / c) * ((a - b) / c))", &place, 1, numbers, 2, error));
  return tl_formula_cast (f, tl_formula_map (f, "a / b", 2, place, tl_formula_sum (f, place, NULL, 0, FALSE)), dtype);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, 4, error))
    return FALSE;
  if (self->attrs[1].n > 2)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "sigma has %d numbers, 1 or 2 are wanted", self->attrs[1].n);
  for (guint i = 0; i < 2; i++) {
    gint64 size = tl_attr_pair (&self->attrs[0], i);
    TlDim  n = x->shape[x->rank - 1 - i];

    if (size % 2 == 0)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "kernel_size = %" G_GINT64_FORMAT ": it must be odd", size);
    if (!tl_dim_is_symbolic (n) && size / 2 >= n)
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "a window of %" G_GINT64_FORMAT " cannot be mirrored in an axis of %" G_GINT64_FORMAT, size, n);
  }
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  TlDim         channels = x->shape[x->rank - 3], pictures = x->rank == 3 ? channels : tl_dim_mul (x->shape[0], channels);
  gboolean      open = tl_dim_is_symbolic (channels);
  TlTensor     *y = self->in[0];
  TlFormula     f;

  tl_formula_init (&f, error);
  if (open) /* each channel is a picture */
    y = tl_formula_reshape (&f, y, 4, (const TlDim[]){ pictures, 1, x->shape[x->rank - 2], x->shape[x->rank - 1] });
  else if (x->rank == 3)
    y = tl_formula_unsqueeze (&f, y, 0);
  channels = open ? 1 : channels;
  for (guint i = 0; i < 2; i++) {
    gint64            size = tl_attr_pair (&self->attrs[0], i), half = size / 2;
    double            sigma = self->attrs[1].n > 0 ? self->attrs[1].f[self->attrs[1].n > (gint)i ? i : 0] : 0.3 * ((double)(size - 1) * 0.5 - 1) + 0.8;
    const TlDim       shape[] = { channels, 1, i == 0 ? 1 : size, i == 0 ? size : 1 };
    const TlAttrValue pad[] = { { .n = 4, .v = { i == 0 ? half : 0, i == 0 ? half : 0, i == 1 ? half : 0, i == 1 ? half : 0 } }, TL_INT (1), TL_FLOAT (0) };
    const gint64      one[] = { 1, 1 }, none[] = { 0, 0 };
    TlTensor         *window = make_window (&f, size, sigma, x->dtype, error);

    window = tl_formula_expand (&f, tl_formula_reshape (&f, window, 4, (const TlDim[]){ 1, 1, shape[2], shape[3] }), 4, shape);
    y = tl_formula_apply (&f, &tl_op_pad, pad, 1, y);
    y = f.has_failed ? NULL : tl_formula_keep (&f, tl_conv2d (y, window, NULL, one, none, one, channels, error));
  }
  if (open)
    y = tl_formula_reshape (&f, y, x->rank, x->shape);
  else if (x->rank == 3)
    y = tl_formula_squeeze (&f, y, 0);
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = {
  { "1,2,5,6", "kernel_size = {3}" },
  { "3,4,4", "kernel_size = {5, 3}, sigma = {1, 0.5}" },
  { "1,1,1,1", "kernel_size = {1}" },
  { NULL },
};

const TlOpClass tl_op_gaussian_blur = {
  .name = "gaussian_blur",
  .group = "image",
  .doc = "Pictures blurred by a bell-shaped window; at the edges they are mirrored.",
  .formula = "y = x * window, window[i, j] ~ exp (-(i^2 / s_y^2 + j^2 / s_x^2) / 2)",
  .source = "Gonzalez & Woods 2018, Digital Image Processing, 3.5",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(lambda w: F.conv2d(F.pad(x0.reshape((-1,) + x0.shape[-3:]), [kernel_size[0] // 2] * 2 + [kernel_size[-1] // 2] * 2, mode='reflect'), (w(kernel_size[-1], 1)[:, None] * w(kernel_size[0], 0)[None, :]).expand(x0.shape[-3], 1, kernel_size[-1], kernel_size[0]).to(x0.dtype), groups=x0.shape[-3]).reshape(x0.shape))(lambda k, i: (lambda e: e / e.sum())(torch.exp(-0.5 * (torch.linspace(-(k - 1) / 2, (k - 1) / 2, k, dtype=torch.float64) / ((sigma[i] if len(sigma) > 1 else sigma[0]) if len(sigma) else 0.3 * ((k - 1) * 0.5 - 1) + 0.8)) ** 2)))",
};
