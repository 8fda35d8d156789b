/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

enum { X,
       GRID };
enum { MODE,
       PADDING_MODE,
       ALIGN_CORNERS };

static const char *const modes[] = { "bilinear", "nearest", NULL };
static const char *const paddings[] = { "zeros", "border", "reflection", NULL };

static const TlPort ports[] = {
  { "x", "pictures `[n, channels, height, width]`, floating" },
  { "grid", "places `[n, out height, out width, 2]`, x and y from -1 to 1, same dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "mode", "how elements between others are found", TL_ATTR_ENUM, .names = modes },
  { "padding_mode", "what lies outside the picture", TL_ATTR_ENUM, .names = paddings },
  { "align_corners", "whether -1 and 1 are the centres of the outermost pixels instead of their outer edges", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X], *grid = self->in[GRID];

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_same_dtype (self, X, GRID, error) || !tl_infer_need_rank (self, X, 4, 4, error) ||
      !tl_infer_need_rank (self, GRID, 4, 4, error))
    return FALSE;
  if (grid->shape[0] != x->shape[0] || grid->shape[3] != 2 || x->shape[2] == 0 || x->shape[3] == 0) {
    g_autofree char *a = tl_shape_to_string (x->shape, 4);
    g_autofree char *b = tl_shape_to_string (grid->shape, 4);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "places %s do not fit pictures %s", b, a);
  }
  tl_infer_out (self, 0, x->dtype, 4, (const TlDim[]){ x->shape[0], x->shape[1], grid->shape[1], grid->shape[2] });
  return TRUE;
}

/* One coordinate of all places in pixels, `[n, 1, places]`. */
static TlTensor *
find_coordinate (TlGradient *self,
                 gint64      number,
                 GError    **error)
{
  const TlMeta        *grid = &self->in[GRID]->meta;
  TlDim                n = self->in[X]->meta.shape[3 - number];
  TlDim                shape[] = { grid->shape[0], 1, tl_dim_mul (grid->shape[1], grid->shape[2]) };
  g_autoptr (TlTensor) one = tl_narrow (self->in[GRID], 3, number, 1, error);
  g_autoptr (TlTensor) flat = one != NULL ? tl_reshape (one, 3, shape, error) : NULL;
  g_autoptr (TlTensor) size = flat != NULL ? tl_size (n, flat->meta.dtype, error) : NULL;
  g_autoptr (TlTensor) last = size != NULL ? tl_size (tl_dim_sub (n, 1), flat->meta.dtype, error) : NULL;
  /* Reflected about the outermost centres, or the outer edges. */
  const char *texts[2][3] = { { "((a + 1) * b - 1) * 0.5", "min (max (((a + 1) * b - 1) * 0.5, 0), c)",
                                "min (max (b - abs (b - mod ((a + 1) * 0.5 * b, 2 * b)) - 0.5, 0), c)" },
                              { "(a + 1) * 0.5 * c", "min (max ((a + 1) * 0.5 * c, 0), c)",
                                "select (c > 0, c - abs (c - mod ((a + 1) * 0.5 * c, max (2 * c, 1))), 0)" } };

  return tl_map_text (texts[self->attrs[ALIGN_CORNERS].i != 0][self->attrs[PADDING_MODE].i], error, 3, flat, size, last);
}

/* Numbers of pixels are computed in a dtype that has them all. */
static TlDType
dtype_of_numbers (const TlMeta *x)
{
  TlDim n = tl_dim_mul (x->shape[2], x->shape[3]);

  return tl_dim_is_symbolic (n) || n > 1 << 24 ? TL_DTYPE_F64 : x->dtype;
}

/* The pixels at the places (@px, @py), whole numbers; 0 outside. */
static TlTensor *
take_pixels (TlGradient *self,
             TlTensor   *px,
             TlTensor   *py,
             GError    **error)
{
  const TlMeta *x = &self->in[X]->meta;
  TlDim         shape[] = { x->shape[0], x->shape[1], tl_dim_mul (x->shape[2], x->shape[3]) };
  TlDType       dtype = dtype_of_numbers (x);
  TlTensor     *width, *height, *flat, *inside, *index;
  TlFormula     f;

  if (px == NULL || py == NULL)
    return NULL;
  tl_formula_init (&f, error);
  px = tl_formula_cast (&f, px, dtype);
  py = tl_formula_cast (&f, py, dtype);
  width = tl_formula_size (&f, x->shape[3], dtype);
  height = tl_formula_size (&f, x->shape[2], dtype);
  flat = tl_formula_reshape (&f, self->in[X], 3, shape);
  inside = tl_formula_map (&f, "and (and (a >= 0, a < c), and (b >= 0, b < d))", 4, px, py, width, height);
  inside = tl_formula_cast (&f, inside, x->dtype);
  index = tl_formula_map (&f, "select (b > 0, min (b, d - 1), 0) * c + select (a > 0, min (a, c - 1), 0)", 4, px, py, width, height);
  index = tl_formula_cast (&f, index, TL_DTYPE_I64);
  if (!f.has_failed)
    shape[2] = px->meta.shape[2];
  index = tl_formula_expand (&f, index, 3, shape);
  flat = tl_formula_apply (&f, &tl_op_gather, (const TlAttrValue[]){ TL_INT (2) }, 2, flat, index);
  return tl_formula_finish (&f, tl_formula_map (&f, "select (b, a, 0)", 2, flat, inside));
}

static TlTensor *
sample_bilinear (TlGradient *self,
                 TlTensor   *px,
                 TlTensor   *py,
                 GError    **error)
{
  static const char *const weights[] = { "(1 - (a - floor (a))) * (1 - (b - floor (b)))", "(a - floor (a)) * (1 - (b - floor (b)))",
                                         "(1 - (a - floor (a))) * (b - floor (b))", "(a - floor (a)) * (b - floor (b))" };
  g_autoptr (TlTensor)     sum = NULL;

  for (guint corner = 0; corner < 4; corner++) {
    g_autoptr (TlTensor) before = g_steal_pointer (&sum);
    g_autoptr (TlTensor) x = tl_map_text ((corner & 1) != 0 ? "floor (a) + 1" : "floor (a)", error, 1, px);
    g_autoptr (TlTensor) y = tl_map_text ((corner & 2) != 0 ? "floor (a) + 1" : "floor (a)", error, 1, py);
    g_autoptr (TlTensor) pixels = take_pixels (self, x, y, error);
    g_autoptr (TlTensor) weight = tl_map_text (weights[corner], error, 2, px, py);

    sum = before != NULL ? tl_map_text ("a + b * c", error, 3, before, pixels, weight) : tl_map_text ("a * b", error, 2, pixels, weight);
    if (sum == NULL)
      return NULL;
  }
  return g_steal_pointer (&sum);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlMeta               out;
  g_autoptr (TlTensor) px = find_coordinate (self, 0, error);
  g_autoptr (TlTensor) py = px != NULL ? find_coordinate (self, 1, error) : NULL;
  g_autoptr (TlTensor) y = NULL;

  if (py == NULL || !tl_decompose_infer (self, &out, error))
    return FALSE;
  if (self->attrs[MODE].i == 0) {
    y = sample_bilinear (self, px, py, error);
  } else {
    g_autoptr (TlTensor) x_round = tl_map_text ("round (a)", error, 1, px);
    g_autoptr (TlTensor) y_round = tl_map_text ("round (a)", error, 1, py);

    y = take_pixels (self, x_round, y_round, error);
  }
  self->dx[0] = y != NULL ? tl_reshape (y, 4, out.shape, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "1,2,4,5; 1,3,2,2" },
  { "2,1,3,3; 2,2,2,2", "align_corners = true", .low = -1.4, .high = 1.4 },
  { "1,2,4,3; 1,2,3,2", "padding_mode = border", .low = -1.4, .high = 1.4 },
  { "1,2,4,3; 1,2,3,2", "mode = nearest", .low = -1.4, .high = 1.4 },
  { "1,2,4,3; 1,4,3,2", "padding_mode = reflection", .low = -4.4, .high = 4.4 },
  { "1,1,3,4; 1,4,3,2", "padding_mode = reflection, align_corners = true", .low = -4.4, .high = 4.4 },
  { "1,1,1,4; 1,2,3,2", "mode = nearest, padding_mode = reflection, align_corners = true", .low = -2.4, .high = 2.4 },
  { NULL },
};

const TlOpClass tl_op_grid_sample = {
  .name = "grid_sample",
  .group = "image",
  .doc = "Pictures read at any places.",
  .formula = "y[n, c, i, j] = x[n, c] at grid[n, i, j]",
  .source = "Jaderberg et al. 2015, arXiv:1506.02025",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "GridSample", 16 },
  .torch = "F.grid_sample(x0, x1, mode, padding_mode, align_corners)",
};
