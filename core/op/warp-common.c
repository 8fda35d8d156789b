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
    if (tl_dim_is_symbolic (x->shape[i]))
      return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "the size of axis %u is not known yet", i);
    else if (x->shape[i] == 0)
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u has no elements", i);
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

/* Where a pixel of the result comes from: rows of a matrix over (column, row, 1), from the middle of the picture and in pixels. */
static void
invert (const TlWarp *warp,
        const double *center,
        double        m[2][3])
{
  double turn = -warp->angle * G_PI / 180, sx = warp->shear[0] * G_PI / 180, sy = warp->shear[1] * G_PI / 180;
  double a = cos (turn - sy) / cos (sy), b = -cos (turn - sy) * tan (sx) / cos (sy) - sin (turn);
  double c = sin (turn - sy) / cos (sy), d = -sin (turn - sy) * tan (sx) / cos (sy) + cos (turn);
  double at[] = { -center[0] - warp->translate[0], -center[1] - warp->translate[1] };

  m[0][0] = d / warp->scale;
  m[0][1] = -b / warp->scale;
  m[1][0] = -c / warp->scale;
  m[1][1] = a / warp->scale;
  for (guint i = 0; i < 2; i++)
    m[i][2] = m[i][0] * at[0] + m[i][1] * at[1] + center[i];
}

/* The same over coordinates that go from -1 to 1, as a tensor. */
static TlTensor *
make_theta (const double m[2][3],
            double       width,
            double       height,
            TlDType      dtype,
            GError     **error)
{
  const double size[] = { width, height };
  TlTensor    *theta = tl_tensor_new (dtype, 3, (const TlDim[]){ 1, 2, 3 }, error);

  for (guint i = 0; theta != NULL && i < 6; i++) {
    guint  row = i / 3, column = i % 3;
    double value = m[row][column] * (column < 2 ? size[column] : 2) / size[row];

    if (dtype == TL_DTYPE_F64)
      ((double *)tl_tensor_peek_data (theta))[i] = value;
    else
      ((float *)tl_tensor_peek_data (theta))[i] = (float)value;
  }
  return theta;
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
  double            center[] = { 0, 0 }, m[2][3];
  const TlAttrValue grid_attrs[] = { { .n = 4, .v = { 1, 1, size[0], size[1] } }, TL_INT (FALSE) };
  const TlAttrValue sample_attrs[] = { TL_INT (self->attrs[at].i == 0), TL_INT (0), TL_INT (FALSE) };
  TlTensor         *theta, *grid, *flat;
  TlFormula         f;

  tl_formula_init (&f, error);
  for (guint i = 0; i < 2 && self->attrs[at + 1].n == 2; i++)
    center[i] = self->attrs[at + 1].f[i] - (double)size[1 - i] * 0.5;
  for (guint i = 0; i + 2 < x->rank; i++)
    pictures = tl_dim_mul (pictures, x->shape[i]);
  invert (warp, center, m);
  theta = tl_formula_keep (&f, make_theta (m, (double)size[1], (double)size[0], x->dtype, error));
  grid = tl_formula_apply (&f, &tl_op_affine_grid, grid_attrs, 1, theta);
  flat = tl_formula_reshape (&f, self->in[0], 4, (const TlDim[]){ 1, pictures, size[0], size[1] });
  flat = tl_formula_apply (&f, &tl_op_grid_sample, sample_attrs, 2, flat, grid);
  return tl_formula_into (&f, tl_formula_reshape (&f, flat, x->rank, x->shape), &self->dx[0]);
}
