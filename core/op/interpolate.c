/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/data-sized.h"
#include "core/op/formula.h"

enum { SIZE,
       SCALE_FACTOR,
       MODE,
       ALIGN_CORNERS,
       ANTIALIAS };

enum { NEAREST,
       NEAREST_EXACT,
       LINEAR,
       BICUBIC };

static const TlPort ports[] = { { "x", "`[n, channels, ...]` with one to three spatial axes, floating" }, { NULL } };

static const char *const modes[] = { "nearest", "nearest-exact", "linear", "bicubic", "bilinear", "trilinear", NULL };

static const TlAttrSpec attrs[] = {
  { "size", "sizes of the spatial axes, one for all or one each", TL_ATTR_INTS },
  { "scale_factor", "factors of the sizes, instead of size", TL_ATTR_FLOATS, .has_range = TRUE, .min = 1e-9, .max = 1e9 },
  { "mode", "how elements between others are found; bilinear and trilinear are other names of linear", TL_ATTR_ENUM, .names = modes },
  { "align_corners", "whether the outermost elements lie on each other instead of their outer edges", TL_ATTR_BOOL },
  { "antialias", "whether all elements that become one count, when there are fewer afterwards: bilinear and bicubic", TL_ATTR_BOOL },
  { NULL },
};

/* Of an axis; weights of every element are made beforehand. */
#define MAX_SIZE (1 << 20)
#define MAX_TAPS 4096

typedef struct {
  gint64 n_in;
  gint64 n_out;
  double scale; /* of a position, from output to input */
} Axis;

/* Sizes that are not known yet are multiplied by multiples of this, so that the product is exact. */
#define PARTS 64

static gint64
mode_of (const TlAttrValue *values)
{
  return MIN (values[MODE].i, BICUBIC) == BICUBIC && values[MODE].i != BICUBIC ? LINEAR : values[MODE].i;
}

static gboolean
resolve (const TlAttrValue *values,
         guint              n_spatial,
         guint              i,
         gint64             n_in,
         Axis              *axis)
{
  const TlAttrValue *size = &values[SIZE], *factor = &values[SCALE_FACTOR];
  double             given;

  axis->n_in = n_in;
  if (size->n > 0) {
    axis->n_out = tl_attr_pair (size, i);
    axis->scale = (double)n_in / (double)MAX (axis->n_out, 1);
  } else {
    given = factor->f[factor->n > (gint)i ? i : 0];
    axis->n_out = (double)n_in * given < 1e15 ? (gint64)floor ((double)n_in * given) : 0;
    axis->scale = 1 / given;
  }
  if (values[ALIGN_CORNERS].i != 0)
    axis->scale = axis->n_out > 1 ? (double)(n_in - 1) / (double)(axis->n_out - 1) : 0;
  return axis->n_out > 0 && axis->n_out <= MAX_SIZE;
}

/* The size of an axis of unknown size afterwards; TL_DIM_INVALID if it is no expression. */
static TlDim
resolve_open (const TlAttrValue *values,
              guint              i,
              TlDim              n_in)
{
  const TlAttrValue *factor = &values[SCALE_FACTOR];
  double             parts;

  if (values[SIZE].n > 0)
    return tl_attr_pair (&values[SIZE], i) > 0 ? tl_attr_pair (&values[SIZE], i) : TL_DIM_INVALID;
  parts = factor->f[factor->n > (gint)i ? i : 0] * PARTS;
  return parts == floor (parts) && parts < 1e9 ? tl_dim_floor_div (tl_dim_mul (n_in, (gint64)parts), PARTS) : TL_DIM_INVALID;
}

/* How elements are found along an axis. */
typedef struct {
  Axis     axis;
  gint64   mode;
  gboolean align, antialias;
} Filter;

static double
stretch_of (const Filter *self)
{
  return MAX (self->axis.scale, 1);
}

/* Elements to each side that count. */
static double
reach_of (const Filter *self)
{
  return stretch_of (self) * (self->mode == BICUBIC ? 2 : 1);
}

static gint64
count_taps (const Filter *self)
{
  if (self->antialias)
    return MIN ((gint64)ceil (reach_of (self)) * 2 + 1, self->axis.n_in);
  return self->mode == BICUBIC ? 4 : self->mode == LINEAR ? 2
                                                          : 1;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         n_spatial = x->rank - MIN (x->rank, 2u);
  gint          given = self->attrs[SIZE].n + self->attrs[SCALE_FACTOR].n;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, 5, error))
    return FALSE;
  if ((self->attrs[SIZE].n > 0) == (self->attrs[SCALE_FACTOR].n > 0) || (given != 1 && given != (gint)n_spatial))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "either size or scale_factor must be given, with 1 or %u numbers", n_spatial);
  if (self->attrs[MODE].i == BICUBIC && n_spatial != 2)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "the mode bicubic wants two spatial axes, x has %u", n_spatial);
  if (self->attrs[ANTIALIAS].i != 0 && (mode_of (self->attrs) < LINEAR || n_spatial != 2))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "antialias is for the modes bilinear and bicubic and two spatial axes");
  for (guint i = 0; i < x->rank; i++) {
    Axis   axis = { 0 };
    gint64 taps;

    shape[i] = x->shape[i];
    if (i < 2)
      continue;
    if (tl_dim_is_symbolic (x->shape[i])) {
      shape[i] = resolve_open (self->attrs, i - 2, x->shape[i]);
      if (shape[i] == TL_DIM_INVALID)
        return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "axis %u has a size that is not known yet: its scale_factor must be a multiple of 1/%d", i, PARTS);
      continue;
    }
    if (x->shape[i] == 0 || !resolve (self->attrs, n_spatial, i - 2, x->shape[i], &axis)) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s cannot be brought to %" G_GINT64_FORMAT " elements", i, text, axis.n_out);
    }
    taps = count_taps (&(const Filter){ .axis = axis, .mode = mode_of (self->attrs), .antialias = self->attrs[ANTIALIAS].i != 0 });
    if (taps > MAX_TAPS)
      return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "%" G_GINT64_FORMAT " elements of axis %u become one, at most %d are possible", taps, i, MAX_TAPS);
    shape[i] = axis.n_out;
  }
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

/* Keys' cubic: a = -0.75, or -0.5 against aliasing. */
static double
cubic (double a,
       double t)
{
  t = fabs (t);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/* The filter is as much wider as there are fewer elements afterwards, and its weights come to 1. */
static void
find_wide_taps (const Filter *self,
                gint64        i,
                gint64       *places,
                double       *weights)
{
  double at = ((double)i + 0.5) * self->axis.scale, reach = reach_of (self), total = 0;
  gint64 first = MAX ((gint64)(at - reach + 0.5), 0), end = MIN ((gint64)(at + reach + 0.5), self->axis.n_in), n_taps = count_taps (self);

  for (gint64 k = 0; k < n_taps; k++) {
    gint64 place = first + k;
    double t = ((double)place + 0.5 - at) / stretch_of (self);

    places[k] = MIN (place, self->axis.n_in - 1);
    weights[k] = place >= end ? 0 : self->mode == BICUBIC ? cubic (-0.5, t)
                                                          : MAX (1 - fabs (t), 0);
    total += weights[k];
  }
  for (gint64 k = 0; k < n_taps && total != 0; k++)
    weights[k] /= total;
}

/* The elements that make up element @i, and their weights. */
static void
find_taps (const Filter *self,
           gint64        i,
           gint64       *places,
           double       *weights)
{
  const Axis *axis = &self->axis;
  double      at = self->align ? (double)i * axis->scale : ((double)i + 0.5) * axis->scale - 0.5, low;

  if (self->antialias) {
    find_wide_taps (self, i, places, weights);
    return;
  }
  weights[0] = 1;
  if (self->mode == NEAREST || self->mode == NEAREST_EXACT) {
    places[0] = CLAMP ((gint64)floor (((double)i + (self->mode == NEAREST ? 0 : 0.5)) * axis->scale), 0, axis->n_in - 1);
    return;
  }
  if (self->mode == LINEAR)
    at = MAX (at, 0);
  low = floor (at);
  for (gint64 k = 0; k < count_taps (self); k++) {
    gint64 place = (gint64)low + k - (self->mode == BICUBIC);

    places[k] = CLAMP (place, 0, axis->n_in - 1);
    weights[k] = self->mode == BICUBIC ? cubic (-0.75, at - (double)place) : k == 0 ? 1 - (at - low)
                                                                                    : at - low;
  }
}

static TlTensor *
weights_tensor (const double *weights,
                gint64        n,
                TlDType       dtype,
                guint         behind,
                GError      **error)
{
  TlDim     shape[TL_TENSOR_MAX_RANK] = { n, 1, 1, 1, 1, 1, 1, 1 };
  TlTensor *y = tl_tensor_new (dtype, behind + 1, shape, error);

  for (gint64 i = 0; y != NULL && i < n; i++)
    if (dtype == TL_DTYPE_F64)
      ((double *)tl_tensor_peek_data (y))[i] = weights[i];
    else
      ((float *)tl_tensor_peek_data (y))[i] = (float)weights[i];
  return y;
}

/* One axis: as many selections as there are taps, weighted and added. */
static TlTensor *
resize_axis (TlTensor     *x,
             guint         number,
             const Filter *filter,
             GError      **error)
{
  guint                n_taps = (guint)count_taps (filter);
  const Axis          *axis = &filter->axis;
  g_autofree double   *weights = g_new (double, (gsize)n_taps *(gsize)axis->n_out);
  g_autofree gint64   *places = g_new (gint64, (gsize)n_taps * (gsize)axis->n_out);
  g_autofree double   *weight = g_new (double, n_taps);
  g_autofree gint64   *place = g_new (gint64, n_taps);
  g_autoptr (TlTensor) sum = NULL;

  for (gint64 i = 0; i < axis->n_out; i++) {
    find_taps (filter, i, place, weight);
    for (guint k = 0; k < n_taps; k++) {
      places[(gint64)k * axis->n_out + i] = place[k];
      weights[(gint64)k * axis->n_out + i] = weight[k];
    }
  }
  for (guint k = 0; k < n_taps; k++) {
    g_autoptr (GArray)   list = g_array_new (FALSE, FALSE, sizeof (gint64));
    g_autoptr (TlTensor) index = NULL;
    g_autoptr (TlTensor) taken = NULL;
    g_autoptr (TlTensor) factor = NULL;
    g_autoptr (TlTensor) before = g_steal_pointer (&sum);

    g_array_append_vals (list, places + (gint64)k * axis->n_out, (guint)axis->n_out);
    index = tl_new_indices (list, error);
    taken = index != NULL ? tl_index_select (x, (gint)number, index, error) : NULL;
    if (taken == NULL || n_taps == 1)
      return g_steal_pointer (&taken);
    factor = weights_tensor (weights + (gint64)k * axis->n_out, axis->n_out, x->meta.dtype, x->meta.rank - 1 - number, error);
    sum = before != NULL ? tl_map_text ("a + b * c", error, 3, before, taken, factor) : tl_map_text ("a * b", error, 2, taken, factor);
    if (sum == NULL)
      return NULL;
  }
  return g_steal_pointer (&sum);
}

static const char *const place_texts[] = {
  [NEAREST] = "floor (a * b)",
  [NEAREST_EXACT] = "floor ((a + 0.5) * b)",
  [LINEAR] = "max ((a + 0.5) * b - 0.5, 0)",
  [BICUBIC] = "(a + 0.5) * b - 0.5",
};

/* a: where an element lies, b: number of the tap */
static const char *const linear_texts[] = { "1 - (a - floor (a))", "a - floor (a)" };
static const char *const cubic_texts[] = {
  "((-0.75 * (a - floor (a) + 1) + 3.75) * (a - floor (a) + 1) - 6) * (a - floor (a) + 1) + 3",
  "(1.25 * (a - floor (a)) - 2.25) * (a - floor (a)) * (a - floor (a)) + 1",
  "(1.25 * (1 - (a - floor (a))) - 2.25) * (1 - (a - floor (a))) * (1 - (a - floor (a))) + 1",
  "((-0.75 * (2 - (a - floor (a))) + 3.75) * (2 - (a - floor (a))) - 6) * (2 - (a - floor (a))) + 3",
};

/* A position of an axis of unknown size in those of the axis before, in f64. */
static TlTensor *
find_open_scale (TlFormula         *f,
                 const TlAttrValue *values,
                 guint              i,
                 TlDim              n_in,
                 TlDim              n_out)
{
  const TlAttrValue *factor = &values[SCALE_FACTOR];
  TlTensor          *from = tl_formula_size (f, n_in, TL_DTYPE_F64);
  TlTensor          *to = tl_formula_size (f, n_out, TL_DTYPE_F64);

  if (values[ALIGN_CORNERS].i != 0)
    return tl_formula_map (f, "select (b > 1, (a - 1) / max (b - 1, 1), 0)", 2, from, to);
  if (values[SIZE].n > 0)
    return tl_formula_map (f, "a / b", 2, from, to);
  return tl_formula_keep (f, tl_tensor_new_number (1 / factor->f[factor->n > (gint)i ? i : 0], FALSE));
}

/* Where the elements of an axis of unknown size lie on the axis before, in f64. */
static TlTensor *
find_open_places (TlFormula         *f,
                  const TlAttrValue *values,
                  guint              i,
                  TlDim              n_in,
                  TlDim              n_out)
{
  gboolean  align = values[ALIGN_CORNERS].i != 0;
  TlTensor *number = tl_formula_keep (f, tl_positions (n_out, TL_DTYPE_F64, f->error));
  TlTensor *scale = find_open_scale (f, values, i, n_in, n_out);

  return tl_formula_map (f, align && mode_of (values) >= LINEAR ? "a * b" : place_texts[mode_of (values)], 2, number, scale);
}

/* resize_axis() for sizes that are not known yet: places and weights are computed in the step. */
static TlTensor *
resize_open_axis (TlGradient *self,
                  TlTensor   *x,
                  guint       axis,
                  GError    **error)
{
  gint64    mode = mode_of (self->attrs);
  TlDim     n_in = x->meta.shape[axis], n_out = resolve_open (self->attrs, axis - 2, n_in);
  TlDim     shape[TL_TENSOR_MAX_RANK] = { n_out, 1, 1, 1, 1, 1, 1, 1 };
  guint     n_taps = mode == BICUBIC ? 4 : mode == LINEAR ? 2
                                                          : 1;
  TlTensor *at, *last, *sum = NULL;
  TlFormula f;

  tl_formula_init (&f, error);
  at = find_open_places (&f, self->attrs, axis - 2, n_in, n_out);
  last = tl_formula_size (&f, n_in, TL_DTYPE_F64);
  for (guint k = 0; k < n_taps; k++) {
    TlTensor *tap = tl_formula_number (&f, "floor (a) + b", at, (double)k - (mode == BICUBIC));
    TlTensor *place = tl_formula_map (&f, "max (min (a, b - 1), 0)", 2, tap, last), *index, *taken, *weight;

    index = tl_formula_cast (&f, place, TL_DTYPE_I64);
    taken = f.has_failed ? NULL : tl_formula_keep (&f, tl_index_select (x, (gint)axis, index, error));
    if (n_taps == 1)
      return tl_formula_finish (&f, taken);
    weight = tl_formula_map (&f, mode == BICUBIC ? cubic_texts[k] : linear_texts[k], 1, at);
    weight = tl_formula_cast (&f, weight, x->meta.dtype);
    weight = tl_formula_reshape (&f, weight, x->meta.rank - axis, shape);
    sum = k > 0 ? tl_formula_map (&f, "a + b * c", 3, sum, taken, weight) : tl_formula_map (&f, "a * b", 2, taken, weight);
  }
  return tl_formula_finish (&f, sum);
}

/* Over how far an element lies from where the filter stands, in steps of the filter. */
static const char *const wide_texts[] = {
  [LINEAR] = "max (1 - a, 0)",
  [BICUBIC] = "select (a <= 1, (1.5 * a - 2.5) * a * a + 1, select (a < 2, ((-0.5 * a + 2.5) * a - 4) * a + 2, 0))",
};

/*
 * find_wide_taps() for sizes that are not known yet: how many elements count is not known either, so that the filter is a matrix, a row for
 * each element afterwards.
 */
static TlTensor *
widen_open_axis (TlGradient *self,
                 TlTensor   *x,
                 guint       axis,
                 GError    **error)
{
  static const gint last[] = { -1 };
  gint64            mode = mode_of (self->attrs);
  TlDim             n_in = x->meta.shape[axis], n_out = resolve_open (self->attrs, axis - 2, n_in);
  TlTensor         *at, *stretch, *reach, *place, *from, *weights, *y;
  TlFormula         f;

  tl_formula_init (&f, error);
  stretch = find_open_scale (&f, self->attrs, axis - 2, n_in, n_out);
  at = tl_formula_map (&f, "(a + 0.5) * b", 2, tl_formula_keep (&f, tl_positions (n_out, TL_DTYPE_F64, error)), stretch);
  at = tl_formula_unsqueeze (&f, at, 1);
  stretch = tl_formula_map (&f, "max (a, 1)", 1, stretch);
  reach = tl_formula_number (&f, "a * b", stretch, mode == BICUBIC ? 2 : 1);
  place = tl_formula_unsqueeze (&f, tl_formula_keep (&f, tl_positions (n_in, TL_DTYPE_F64, error)), 0);
  weights = tl_formula_map (&f, wide_texts[mode], 1, tl_formula_map (&f, "abs (a + 0.5 - b) / c", 3, place, at, stretch));
  from = tl_formula_map (&f, "and (a >= floor (max (b - c + 0.5, 0)), a < floor (b + c + 0.5))", 3, place, at, reach);
  weights = tl_formula_map (&f, "select (b, a, 0)", 2, weights, from);
  weights = tl_formula_map (&f, "a / select (b != 0, b, 1)", 2, weights, tl_formula_sum (&f, weights, last, 1, TRUE));
  weights = tl_formula_cast (&f, weights, x->meta.dtype);
  y = axis == 2 ? tl_formula_matmul (&f, weights, x) : tl_formula_matmul (&f, x, tl_formula_transpose (&f, weights));
  return tl_formula_finish (&f, y);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  guint                rank = self->in[0]->meta.rank;
  gint64               mode = mode_of (self->attrs);
  g_autoptr (TlTensor) y = tl_tensor_ref (self->in[0]);

  for (guint i = 2; i < rank; i++) {
    g_autoptr (TlTensor) before = g_steal_pointer (&y);
    Filter               filter = { .mode = mode, .align = self->attrs[ALIGN_CORNERS].i != 0, .antialias = self->attrs[ANTIALIAS].i != 0 };

    if (tl_dim_is_symbolic (before->meta.shape[i])) {
      y = self->attrs[ANTIALIAS].i != 0 ? widen_open_axis (self, before, i, error) : resize_open_axis (self, before, i, error);
      if (y == NULL)
        return FALSE;
      continue;
    }
    resolve (self->attrs, rank - 2, i - 2, before->meta.shape[i], &filter.axis);
    if (filter.axis.n_in == filter.axis.n_out && (mode == NEAREST || filter.axis.scale == 1)) {
      y = g_steal_pointer (&before);
      continue;
    }
    y = resize_axis (before, i, &filter, error);
    if (y == NULL)
      return FALSE;
  }
  self->dx[0] = g_steal_pointer (&y);
  return TRUE;
}

static const TlSample samples[] = {
  { "1,2,4", "size = {7}" },
  { "1,2,3,4", "size = {5, 3}" },
  { "1,2,3,4", "scale_factor = {2}, mode = bilinear" },
  { "1,2,3,4", "size = {5, 3}, mode = bilinear, align_corners = true" },
  { "1,2,3,4", "scale_factor = {1.7, 2.3}, mode = bicubic" },
  { "1,1,4,4", "size = {7, 3}, mode = bicubic, align_corners = true" },
  { "1,2,5", "size = {3}, mode = linear" },
  { "1,1,2,3,2", "size = {3, 4, 3}, mode = trilinear" },
  { "1,2,5,4", "size = {3, 7}, mode = nearest-exact" },
  { "2,1,1,1", "size = {2}" },
  { "1,2,9,7", "size = {4, 3}, mode = bilinear, antialias = true" },
  { "1,1,9,4", "size = {3, 6}, mode = bicubic, antialias = true" },
  { "1,1,7,8", "scale_factor = {0.3, 0.6}, mode = bicubic, antialias = true" },
  { "1,1,8,7", "size = {3, 4}, mode = bilinear, align_corners = true, antialias = true" },
  { "1,1,8,7", "size = {1, 5}, mode = bicubic, align_corners = true, antialias = true" },
  { NULL },
};

const TlOpClass tl_op_interpolate = {
  .name = "interpolate",
  .group = "image",
  .doc = "Pictures brought to another size.",
  .formula = "y[i] = sum of weight_k x[place_k (i)] along each axis",
  .source = "Keys 1981, doi:10.1109/TASSP.1981.1163711",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Resize", 11 },
  .torch = "F.interpolate(x0.float() if antialias and x0.element_size() == 2 else x0, size=(size if len(size) > 1 else size[0]) if size else None, scale_factor=(scale_factor if len(scale_factor) > 1 else scale_factor[0]) if scale_factor else None, mode=mode, align_corners=align_corners if not mode.startswith('nearest') else None, antialias=antialias).to(x0.dtype)",
};
