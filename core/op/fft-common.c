/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

#include <math.h>

#include "core/op/fftw.h"

enum { N, /* or S */
       DIM,
       NORM };

enum { BACKWARD,
       ORTHO,
       FORWARD };

static const char *const norms[] = { "backward", "ortho", "forward", NULL };

#define MAX_POINTS TL_FFTW_MAX_POINTS

#define NORM_ATTR                                                                                                           \
  {                                                                                                                         \
    "norm", "which direction is divided by the number of points, or both by its root (ortho)", TL_ATTR_ENUM, .names = norms \
  }

const TlPort tl_fft_complex_ports[] = { { "x", "complex: `[..., 2]`, floating" }, { NULL } };
const TlPort tl_fft_real_ports[] = { { "x", "real, floating" }, { NULL } };

const TlAttrSpec tl_fft_attrs[] = {
  { "n", "points: x is cut or filled up with zeros; -1 for its size", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = MAX_POINTS },
  { "dim", "axis, from the end if negative; that of pairs does not count", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  NORM_ATTR,
  { NULL },
};

const TlAttrSpec tl_fft_nd_attrs[] = {
  { "s", "points of each axis: x is cut or filled up with zeros; -1 for its size", TL_ATTR_INTS, .has_range = TRUE, .min = -1, .max = MAX_POINTS },
  { "dim", "axes, from the end if negative, that of pairs does not count; none for all, or as many as s has at the end", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  NORM_ATTR,
  { NULL },
};

const TlAttrSpec tl_fft_2d_attrs[] = {
  { "s", "points of both axes: x is cut or filled up with zeros; -1 for its size", TL_ATTR_INTS, .has_range = TRUE, .min = -1, .max = MAX_POINTS },
  { "dim", "the two axes, from the end if negative; that of pairs does not count", TL_ATTR_INTS, .def = { .n = 2, .v = { -2, -1 } }, .has_range = TRUE, .min = -8, .max = 7 },
  NORM_ATTR,
  { NULL },
};

const TlAttrSpec tl_fft_shift_attrs[] = {
  { "dim", "axes, from the end if negative; none for all. That of pairs counts, and should not be among them", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};
const TlSample tl_fft_shift_samples[] = { { "5" }, { "4,3" }, { "2,5,2", "dim = {1}" }, { "i64:4" }, { "1" }, { "0,3" }, { NULL } };

const TlAttrSpec tl_fft_frequencies_attrs[] = {
  { "n", "points of the transform", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1e12 },
  { "d", "distance of the points", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "dtype", "element type: f32 or f64", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
  { NULL },
};

typedef struct {
  guint rank; /* axes without that of pairs */
  guint n;
  guint axis[TL_TENSOR_MAX_RANK];
  TlDim points[TL_TENSOR_MAX_RANK];
} Axes;

/* An axis and its points; 0 for as many as there are. */
static gint64
given_axis (const TlInfer *self,
            guint          i,
            guint          n,
            guint          rank,
            gint64        *points)
{
  const TlAttrValue *a = self->attrs;

  if (self->op->attrs == tl_fft_attrs) {
    *points = a[N].i;
    return a[DIM].i;
  }
  *points = a[N].n > 0 ? a[N].v[i] : -1;
  return a[DIM].n > 0 ? a[DIM].v[i] : (gint64)(rank - n + i);
}

static guint
count_axes (const TlInfer *self,
            guint          rank)
{
  const TlAttrValue *a = self->attrs;

  if (self->op->attrs == tl_fft_attrs)
    return 1;
  return a[DIM].n > 0 ? (guint)a[DIM].n : a[N].n > 0 ? (guint)a[N].n
                                                     : rank;
}

static gboolean
find_axes (TlInfer *self,
           TlFftRow row,
           Axes    *axes,
           GError **error)
{
  const TlMeta *x = self->in[0];

  axes->rank = x->rank - (row == TL_FFT_FROM_REAL ? 0u : 1u);
  axes->n = count_axes (self, axes->rank);
  if (self->op->attrs != tl_fft_attrs && self->attrs[N].n > 0 && (guint)self->attrs[N].n != axes->n)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "s has %d numbers for %u axes", self->attrs[N].n, axes->n);
  if (axes->n > axes->rank || axes->n == 0)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%u axes given, x has %u", axes->n, axes->rank);
  for (guint i = 0; i < axes->n; i++) {
    gint64 points, axis = given_axis (self, i, axes->n, axes->rank, &points);
    TlDim  size;

    if (!tl_infer_axis (self, axis, axes->rank, &axes->axis[i], error))
      return FALSE;
    for (guint j = 0; j < i; j++)
      if (axes->axis[j] == axes->axis[i])
        return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %u is given twice", axes->axis[i]);
    size = x->shape[axes->axis[i]];
    axes->points[i] = points >= 0 ? points : row == TL_FFT_TO_REAL && i + 1 == axes->n ? tl_dim_mul (2, tl_dim_sub (size, 1))
                                                                                       : size;
    if (tl_dim_is_symbolic (axes->points[i]))
      continue;
    if (axes->points[i] > MAX_POINTS)
      return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "%" G_GINT64_FORMAT " points along axis %u, at most %d are possible", axes->points[i], axes->axis[i], MAX_POINTS);
    if (axes->points[i] < 1)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "%" G_GINT64_FORMAT " points along axis %u, at least 1 is needed", MAX (axes->points[i], 0), axes->axis[i]);
  }
  return TRUE;
}

gboolean
tl_fft_infer (TlInfer *self,
              TlFftRow row,
              GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  Axes          axes;
  guint         rank;

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  if (row == TL_FFT_FROM_REAL ? !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK - 1, error)
                              : !tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (row != TL_FFT_FROM_REAL && x->shape[x->rank - 1] != 2) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "complex numbers are pairs on the last axis, x is %s", text);
  }
  if (!find_axes (self, row, &axes, error))
    return FALSE;
  rank = axes.rank;
  for (guint i = 0; i < rank; i++)
    shape[i] = x->shape[i];
  for (guint i = 0; i < axes.n; i++)
    shape[axes.axis[i]] = axes.points[i];
  if (row == TL_FFT_FROM_REAL)
    shape[axes.axis[axes.n - 1]] = tl_dim_add (tl_dim_floor_div (axes.points[axes.n - 1], 2), 1);
  if (row != TL_FFT_TO_REAL)
    shape[rank++] = 2;
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

gboolean
tl_fft_decompose (TlGradient *self,
                  TlFftRow    row,
                  GError    **error)
{
  const TlMeta *in[] = { &self->in[0]->meta };
  TlInfer       infer = { self->op, 1, in, self->attrs, 1, NULL };
  gboolean      forward = row == TL_FFT_FORWARD || row == TL_FFT_FROM_REAL;
  gint          sign = forward ? -1 : 1;
  TlTensor     *y = self->in[0];
  TlFormula     f;
  Axes          axes;

  if (!find_axes (&infer, row, &axes, error))
    return FALSE;
  tl_formula_init (&f, error);
  for (guint k = 0; k < axes.n; k++) {
    /* From real numbers the last axis is the first one. */
    guint     i = row == TL_FFT_FROM_REAL ? axes.n - 1 - k : k;
    gboolean  is_last = i + 1 == axes.n;
    gint64    norm = self->attrs[NORM].i;
    TlDim     n = axes.points[i];
    TlFftNorm by = norm == ORTHO ? TL_FFT_BY_ROOT : (norm == FORWARD) == forward ? TL_FFT_BY_POINTS
                                                                                 : TL_FFT_BY_NOTHING;
    TlFftKind kind = is_last && row == TL_FFT_FROM_REAL ? TL_FFT_REAL : is_last && row == TL_FFT_TO_REAL ? TL_FFT_HALF
                                                                                                         : TL_FFT_COMPLEX;

    y = tl_fourier (&f, y, kind, axes.axis[i], n, kind == TL_FFT_REAL ? tl_dim_add (tl_dim_floor_div (n, 2), 1) : n, sign, by, kind == TL_FFT_HALF ? 2 : 1);
  }
  return tl_formula_into (&f, y, &self->dx[0]);
}

TlTensor *
tl_fourier (TlFormula *f,
            TlTensor  *x,
            TlFftKind  kind,
            guint      axis,
            TlDim      n,
            TlDim      length,
            gint       sign,
            TlFftNorm  norm,
            double     half)
{
  const TlAttrValue values[] = { TL_INT (kind), TL_INT (axis), TL_INTS1 (n), TL_INTS1 (length), TL_INT (sign), TL_INT (norm), TL_FLOAT (half) };

  return tl_formula_apply (f, &tl_op_fourier, values, 1, x);
}

/* n, d, dtype. */
gboolean
tl_fft_infer_frequencies (TlInfer *self,
                          gboolean half,
                          GError **error)
{
  TlDType dtype = (TlDType)self->attrs[2].i;
  TlDim   n = self->attrs[0].i;

  if (dtype != TL_DTYPE_F32 && dtype != TL_DTYPE_F64)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be f32 or f64, not %s", tl_dtype_name (dtype));
  tl_infer_out (self, 0, dtype, 1, (const TlDim[]){ half ? n / 2 + 1 : n });
  return TRUE;
}

/* The second part of an axis before the first one; the result of a roll, for a size that may be open. */
static TlTensor *
swap_parts (TlFormula *f,
            TlTensor  *x,
            guint      axis,
            gboolean   inverse)
{
  TlDim     n = x->meta.shape[axis], shift = tl_dim_floor_div (tl_dim_add (n, inverse), 2), rest = tl_dim_sub (n, shift);
  TlTensor *parts[] = { tl_formula_narrow (f, x, (gint)axis, rest, shift), tl_formula_narrow (f, x, (gint)axis, 0, rest) };

  return tl_formula_concat (f, (gint)axis, 2, parts);
}

gboolean
tl_fft_shift_infer (TlInfer *self,
                    GError **error)
{
  const TlMeta *x = self->in[0];
  guint         axis;

  for (gint i = 0; i < self->attrs[0].n; i++)
    if (!tl_infer_axis (self, self->attrs[0].v[i], x->rank, &axis, error))
      return FALSE;
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

gboolean
tl_fft_shift (TlGradient *self,
              gboolean    inverse,
              GError    **error)
{
  const TlMeta      *x = &self->in[0]->meta;
  const TlAttrValue *dims = &self->attrs[0];
  guint              n = dims->n > 0 ? (guint)dims->n : x->rank;
  TlTensor          *y = self->in[0];
  TlFormula          f;

  tl_formula_init (&f, error);
  for (guint i = 0; i < n && y != NULL; i++) {
    guint axis = dims->n > 0 ? tl_axis (dims->v[i], x->rank) : i;

    if (x->rank > 0 && x->shape[axis] != 0)
      y = swap_parts (&f, y, axis, inverse);
  }
  return tl_formula_into (&f, y, &self->dx[0]);
}
