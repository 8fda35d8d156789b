/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/warp-common.h"

#include <math.h>

const TlPort      tl_warp_ports[] = { { "x", "pictures `[..., channels, height, width]`, floating" }, { NULL } };
const char *const tl_warp_interpolations[] = { "nearest", "bilinear", NULL };

gboolean
tl_warp_infer (TlInfer *self,
               guint    at,
               GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (self->attrs[at + 1].n != 0 && self->attrs[at + 1].n != 2)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "center has %d numbers, 2 are wanted", self->attrs[at + 1].n);
  for (guint i = x->rank - 2u; i < x->rank; i++)
    if (x->shape[i] == 0)
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u has no elements", i);
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

/* Where a pixel of the result comes from, over (column, row, 1) from the middle of the picture and in pixels: the first two columns of a matrix. */
static void
invert (const TlWarp *warp,
        double        m[2][2])
{
  double turn = -warp->angle * G_PI / 180, sx = warp->shear[0] * G_PI / 180, sy = warp->shear[1] * G_PI / 180;
  double a = cos (turn - sy) / cos (sy), b = -cos (turn - sy) * tan (sx) / cos (sy) - sin (turn);
  double c = sin (turn - sy) / cos (sy), d = -sin (turn - sy) * tan (sx) / cos (sy) + cos (turn);

  m[0][0] = d / warp->scale;
  m[0][1] = -b / warp->scale;
  m[1][0] = -c / warp->scale;
  m[1][1] = a / warp->scale;
}

/* The matrix over coordinates that go from -1 to 1. @given: the centre in pixels, or NULL for the middle */
static TlTensor *
make_theta (const TlWarp *warp,
            const double *given,
            const TlDim  *size,
            TlDType       dtype,
            GError      **error)
{
  TlTensor *theta = tl_tensor_new (dtype, 3, (const TlDim[]){ 1, 2, 3 }, error);
  double    m[2][2], center[2] = { 0, 0 };

  invert (warp, m);
  for (guint i = 0; i < 2 && given != NULL; i++)
    center[i] = given[i] - (double)size[1 - i] * 0.5;
  for (guint i = 0; theta != NULL && i < 6; i++) {
    guint  row = i / 3, column = i % 3;
    double shift = m[row][0] * (-center[0] - warp->translate[0]) + m[row][1] * (-center[1] - warp->translate[1]) + center[row];
    double value = (column < 2 ? m[row][column] * (double)size[1 - column] : shift * 2) / (double)size[1 - row];

    if (dtype == TL_DTYPE_F64)
      ((double *)tl_tensor_peek_data (theta))[i] = value;
    else
      ((float *)tl_tensor_peek_data (theta))[i] = (float)value;
  }
  return theta;
}

/* The same for a height or width that is open: a (width) and b (height) become numbers when the step is run. */
static TlTensor *
make_open_theta (TlFormula    *f,
                 const TlWarp *warp,
                 const double *given,
                 const TlDim  *size,
                 TlDType       dtype)
{
  static const char *const texts[] = { "c * a / a", "c * b / a", "2 * (c + d * a + e * b) / a", "c * a / b", "c * b / b", "2 * (c + d * a + e * b) / b" };
  double                   m[2][2];
  TlTensor                *sizes[2], *parts[6];

  invert (warp, m);
  for (guint i = 0; i < 2; i++)
    sizes[i] = tl_formula_size (f, size[1 - i], TL_DTYPE_F64);
  for (guint i = 0; i < 6 && !f->has_failed; i++) {
    guint        row = i / 3, column = i % 3;
    double       shift = -m[row][0] * warp->translate[0] - m[row][1] * warp->translate[1];
    const double by_given = given != NULL ? given[row] - m[row][0] * given[0] - m[row][1] * given[1] : 0;
    const double numbers[] = { column < 2 ? m[row][column] : shift + by_given, given != NULL ? 0.5 * (m[row][0] - (row == 0)) : 0,
                               given != NULL ? 0.5 * (m[row][1] - (row == 1)) : 0 };

    parts[i] = tl_formula_keep (f, tl_map_numbers (texts[i], sizes, 2, numbers, column < 2 ? 1 : 3, f->error));
    parts[i] = tl_formula_reshape (f, parts[i], 1, (const TlDim[]){ 1 });
  }
  return tl_formula_cast (f, tl_formula_reshape (f, tl_formula_concat (f, 0, 6, parts), 3, (const TlDim[]){ 1, 2, 3 }), dtype);
}

gboolean
tl_warp (TlGradient   *self,
         guint         at,
         const TlWarp *warp,
         GError      **error)
{
  const TlMeta     *x = &self->in[0]->meta;
  const TlDim      *size = x->shape + x->rank - 2;
  TlDim             pictures = 1;
  const double     *center = self->attrs[at + 1].n == 2 ? self->attrs[at + 1].f : NULL;
  gboolean          open = tl_dim_is_symbolic (size[0]) || tl_dim_is_symbolic (size[1]);
  const TlAttrValue grid_attrs[] = { { .n = 4, .v = { 1, 1, size[0], size[1] } }, TL_INT (FALSE) };
  const TlAttrValue sample_attrs[] = { TL_INT (self->attrs[at].i == 0), TL_INT (0), TL_INT (FALSE) };
  TlTensor         *theta, *grid, *flat;
  TlFormula         f;

  tl_formula_init (&f, error);
  for (guint i = 0; i + 2 < x->rank; i++)
    pictures = tl_dim_mul (pictures, x->shape[i]);
  theta = open ? make_open_theta (&f, warp, center, size, x->dtype) : tl_formula_keep (&f, make_theta (warp, center, size, x->dtype, error));
  grid = tl_formula_apply (&f, &tl_op_affine_grid, grid_attrs, 1, theta);
  flat = tl_formula_reshape (&f, self->in[0], 4, (const TlDim[]){ 1, pictures, size[0], size[1] });
  flat = tl_formula_apply (&f, &tl_op_grid_sample, sample_attrs, 2, flat, grid);
  return tl_formula_into (&f, tl_formula_reshape (&f, flat, x->rank, x->shape), &self->dx[0]);
}
