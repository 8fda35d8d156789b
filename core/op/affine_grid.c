/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { SIZE,
       ALIGN_CORNERS };

static const TlPort ports[] = { { "theta", "maps `[n, 2, 3]`, floating" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "size", "of the pictures that are wanted: n, channels, height, width", TL_ATTR_INTS, .required = TRUE, .def = { .n = 4, .v = { 1, 1, 1, 1 } }, .n = 4 },
  { "align_corners", "whether -1 and 1 are the centres of the outermost pixels instead of their outer edges", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *theta = self->in[0];
  const TlDim  *size = self->attrs[SIZE].v;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, 3, error))
    return FALSE;
  if (self->attrs[SIZE].n != 4 || theta->shape[1] != 2 || theta->shape[2] != 3 || theta->shape[0] != size[0] || size[2] == 0 || size[3] == 0) {
    g_autofree char *a = tl_shape_to_string (theta->shape, 3);
    g_autofree char *b = tl_shape_to_string (size, (guint)self->attrs[SIZE].n);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "theta %s does not fit pictures of %s", a, b);
  }
  tl_infer_out (self, 0, theta->dtype, 4, (const TlDim[]){ size[0], size[2], size[3], 2 });
  return TRUE;
}

/* The same numbers, bit by bit, for an axis of open size. */
static TlTensor *
open_coordinates (TlDim    n,
                  gboolean align,
                  TlDType  dtype,
                  GError **error)
{
  g_autoptr (TlTensor) places = tl_positions (n, TL_DTYPE_F64, error);
  g_autoptr (TlTensor) size = places != NULL ? tl_size (n, TL_DTYPE_F64, error) : NULL;
  g_autoptr (TlTensor) edge = tl_map_text (align ? "0 * a + 1" : "(a - 1) / a", error, 1, size);
  g_autoptr (TlTensor) step = tl_map_text ("2 * b / max (a - 1, 1)", error, 2, size, edge);
  g_autoptr (TlTensor) wide = tl_map_text ("select (b > 1, select (2 * a <= b - 1, -c + a * d, c - (b - 1 - a) * d), 0)", error, 4, places, size, edge, step);

  return wide != NULL ? tl_cast (wide, dtype, error) : NULL;
}

/* Coordinates of @n pixels along an axis, from -1 to 1. */
static TlTensor *
coordinates (TlDim    n,
             gboolean align,
             TlDType  dtype,
             GError **error)
{
  double edge = align ? 1 : ((double)n - 1) / (double)n;

  if (tl_dim_is_symbolic (n))
    return open_coordinates (n, align, dtype, error);
  if (n == 1)
    return tl_zeros (1, (const TlDim[]){ 1 }, dtype, error);
  return tl_linspace (-edge, edge, n, dtype, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlDim         *size = self->attrs[SIZE].v;
  TlDType              dtype = self->in[0]->meta.dtype;
  TlDim                plane[] = { size[2], size[3] }, points = tl_dim_mul (size[2], size[3]);
  g_autoptr (TlTensor) x = coordinates (size[3], self->attrs[ALIGN_CORNERS].i != 0, dtype, error);
  g_autoptr (TlTensor) y = x != NULL ? coordinates (size[2], self->attrs[ALIGN_CORNERS].i != 0, dtype, error) : NULL;
  g_autoptr (TlTensor) column = y != NULL ? tl_unsqueeze (y, 1, error) : NULL;
  g_autoptr (TlTensor) wide_x = column != NULL ? tl_expand (x, 2, plane, error) : NULL;
  g_autoptr (TlTensor) wide_y = wide_x != NULL ? tl_expand (column, 2, plane, error) : NULL;
  g_autoptr (TlTensor) ones = wide_y != NULL ? tl_ones (2, plane, dtype, error) : NULL;
  g_autoptr (TlTensor) base = ones != NULL ? tl_stack ((TlTensor *[]){ wide_x, wide_y, ones }, 3, 2, error) : NULL;
  g_autoptr (TlTensor) flat = base != NULL ? tl_reshape (base, 2, (TlDim[]){ points, 3 }, error) : NULL;
  g_autoptr (TlTensor) turned = flat != NULL ? tl_transpose (self->in[0], 1, 2, error) : NULL;
  g_autoptr (TlTensor) grid = turned != NULL ? tl_matmul (flat, turned, error) : NULL;

  self->dx[0] = grid != NULL ? tl_reshape (grid, 4, (TlDim[]){ size[0], size[2], size[3], 2 }, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "1,2,3", "size = {1, 1, 3, 4}" }, { "2,2,3", "size = {2, 3, 2, 1}, align_corners = true" }, { NULL } };

const TlOpClass tl_op_affine_grid = {
  .name = "affine_grid",
  .group = "image",
  .doc = "Places at which a picture is read to be turned, moved and scaled: the grid of grid_sample.",
  .formula = "y[n, i, j] = theta[n] (x_j, y_i, 1)",
  .source = "Jaderberg et al. 2015, arXiv:1506.02025",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "AffineGrid", 20 },
  .torch = "F.affine_grid(x0, size, align_corners)",
};
