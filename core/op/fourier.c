/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

#include <math.h>

#include "core/op/fftw.h"

enum { KIND,
       AXIS,
       N,
       LENGTH,
       SIGN,
       NORM,
       HALF };

static const char *const norms[] = { "none", "root", "points", NULL };
static const char *const kinds[] = { "complex", "real", "half", NULL };

static const TlAttrSpec attrs[] = {
  { "kind", "complex to complex, real to complex, or half of the complex to real", TL_ATTR_ENUM, .names = kinds },
  { "axis", "along which", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 7 },
  { "n", "points", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = 1, .max = TL_FFTW_MAX_POINTS, .n = 1 },
  { "length", "size of the axis of the result", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e12, .n = 1 },
  { "sign", "of the exponent", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1 },
  { "norm", "by what it is divided: nothing, the root of the number of points, or that number", TL_ATTR_ENUM, .names = norms },
  { "half", "factor of what stands for two bins", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  gint64        kind = self->attrs[KIND].i;
  TlDim         shape[TL_TENSOR_MAX_RANK + 1];
  guint         n_pairs = kind == TL_FFT_REAL ? 0 : 1, rank = x->rank - n_pairs, axis;

  g_autoptr (GError) reason = NULL;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 1 + n_pairs, TL_TENSOR_MAX_RANK - (kind == TL_FFT_REAL), error) ||
      !tl_infer_axis (self, self->attrs[AXIS].i, rank, &axis, error))
    return FALSE;
  if (n_pairs > 0 && x->shape[rank] != 2) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the last axis of %s is no pair of numbers", text);
  }
  if (!tl_fftw_check (x->dtype, &reason))
    return tl_infer_fail (self, reason->code, error, "%s", reason->message);
  if (!tl_dim_is_symbolic (self->attrs[N].v[0]) && (self->attrs[N].v[0] < 1 || self->attrs[N].v[0] > TL_FFTW_MAX_POINTS))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%" G_GINT64_FORMAT " points along axis %u, from 1 to %d are possible", self->attrs[N].v[0], axis, TL_FFTW_MAX_POINTS);
  for (guint i = 0; i < rank; i++)
    shape[i] = i == axis ? self->attrs[LENGTH].v[0] : x->shape[i];
  if (kind != TL_FFT_HALF)
    shape[rank++] = 2;
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

/* Lines are all axes of x but that of the transform and that of pairs; neighbours that are one run become one. */
static void
set_lines (TlFftArgs    *args,
           const TlMeta *x,
           guint         axis,
           guint         rank)
{
  args->lines = args->inner = 1;
  for (guint i = 0; i < rank; i++) {
    guint last = args->rank - 1;

    if (i == axis || x->shape[i] == 1)
      continue;
    args->lines *= x->shape[i];
    args->inner *= i > axis ? x->shape[i] : 1;
    if (args->rank > 0 && args->strides[last] == x->strides[i] * x->shape[i]) {
      args->shape[last] *= x->shape[i];
      args->strides[last] = x->strides[i];
    } else {
      args->shape[args->rank] = x->shape[i];
      args->strides[args->rank++] = x->strides[i];
    }
  }
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlFftArgs    *args = tl_prepare_args (self, TlFftArgs);
  const TlMeta *x = self->in[0];
  guint         axis = (guint)self->attrs[AXIS].i;
  gint64        block;

  args->kind = (TlFftKind)self->attrs[KIND].i;
  args->dtype = x->dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32;
  args->sign = self->attrs[SIGN].i < 0 ? -1 : 1;
  args->n = self->attrs[N].v[0];
  args->n_in = x->shape[axis];
  args->n_out = self->attrs[LENGTH].v[0];
  args->step = x->shape[axis] == 1 ? 1 + (args->kind != TL_FFT_REAL) : x->strides[axis];
  args->pair_step = args->kind == TL_FFT_REAL ? 1 : x->strides[x->rank - 1];
  set_lines (args, x, axis, x->rank - (args->kind == TL_FFT_REAL ? 0u : 1u));
  args->scale = self->attrs[NORM].i == TL_FFT_BY_ROOT ? 1 / sqrt ((double)args->n) : self->attrs[NORM].i == TL_FFT_BY_POINTS ? 1 / (double)args->n
                                                                                                                             : 1;
  args->half = self->attrs[HALF].d;
  self->kernel = &tl_fft_kernel;
  block = tl_fft_get_block (args);
  if (block == 0)
    return TRUE;
  args->block = tl_fftw_plan (self->arena, args->kind, args->dtype, args->sign, args->n, block, error);
  if (args->block != NULL && args->lines % block != 0)
    args->rest = tl_fftw_plan (self->arena, args->kind, args->dtype, args->sign, args->n, args->lines % block, error);
  return args->block != NULL && (args->lines % block == 0 || args->rest != NULL);
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  const TlMeta *x = self->in[0];
  gint64        kind = self->attrs[KIND].i;
  double        n = (double)self->attrs[N].v[0], lines = kind == TL_FFT_REAL ? 1 : 0.5;

  for (guint i = 0; i < x->rank; i++)
    lines *= i == (guint)self->attrs[AXIS].i ? 1 : (double)x->shape[i];
  cost->flops = lines * n * (5 * log2 (n) + 1) * (kind == TL_FFT_COMPLEX ? 1 : 0.5);
}

/* The adjoint of a transform is a transform. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  static const TlFftKind adjoint[] = { [TL_FFT_COMPLEX] = TL_FFT_COMPLEX, [TL_FFT_REAL] = TL_FFT_HALF, [TL_FFT_HALF] = TL_FFT_REAL };
  const TlAttrValue     *a = self->attrs;
  guint                  axis = (guint)a[AXIS].i;
  TlFormula              f;

  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_fourier (&f, self->dy[0], adjoint[a[KIND].i], axis, a[N].v[0], self->in[0]->meta.shape[axis], -(gint)a[SIGN].i, (TlFftNorm)a[NORM].i, a[HALF].d),
                          &self->dx[0]);
}

static const TlSample samples[] = {
  { "5,2", "n = 4, length = 6, norm = points" },
  { "3,2,2", "axis = 1, n = 3, length = 3, sign = 1" },
  { "2,5,3", "kind = real, axis = 1, n = 6, length = 9, half = 2" },
  { "6,2", "kind = half, n = 5, length = 6, half = 2" },
  { "3,2", "kind = half, n = 9, length = 2, half = 0.5" },
  { "2,0,2", "axis = 1, n = 2, length = 2" },
  { "0,3,2", "axis = 1, n = 17, length = 17" },
  { NULL },
};

const TlOpClass tl_op_fourier = {
  .name = "fourier",
  .group = "fourier",
  .doc = "A discrete Fourier transform along an axis, by FFTW.",
  .formula = "y[k] = sum over j of x[j] exp (sign 2 pi i j k / n), over 1, sqrt n or n",
  .source = "Frigo & Johnson 2005, doi:10.1109/JPROC.2004.840301",
  .in = tl_fft_real_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL | TL_OP_UNCUTTABLE,
  .infer = infer,
  .prepare = prepare,
  .cost = cost,
  .gradient = gradient,
  .samples = samples,
};
