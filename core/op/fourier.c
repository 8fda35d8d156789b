/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

enum { KIND,
       AXIS,
       N,
       LENGTH,
       SIGN,
       SCALE,
       HALF };

static const char *const kinds[] = { "complex", "real", "half", NULL };

static const TlAttrSpec attrs[] = {
  { "kind", "complex to complex, real to complex, or half of the complex to real", TL_ATTR_ENUM, .names = kinds },
  { "axis", "along which", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 7 },
  { "n", "points", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1e12 },
  { "length", "size of the axis of the result", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e12 },
  { "sign", "of the exponent", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1 },
  { "scale", "factor", TL_ATTR_FLOAT, .def = { .d = 1 } },
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
  guint         rank = x->rank - (kind == TL_FFT_REAL ? 0u : 1u), axis;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_axis (self, self->attrs[AXIS].i, rank, &axis, error))
    return FALSE;
  if (tl_dim_is_symbolic (x->shape[axis]))
    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "the size of axis %u is not known yet", axis);
  for (guint i = 0; i < rank; i++)
    shape[i] = i == axis ? self->attrs[LENGTH].i : x->shape[i];
  if (kind != TL_FFT_HALF)
    shape[rank++] = 2;
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlFftArgs    *args = tl_prepare_args (self, TlFftArgs);
  const TlMeta *x = self->in[0];
  guint         axis = (guint)self->attrs[AXIS].i;

  args->kind = (TlFftKind)self->attrs[KIND].i;
  args->dtype = x->dtype;
  args->sign = self->attrs[SIGN].i < 0 ? -1 : 1;
  args->n = self->attrs[N].i;
  args->n_in = x->shape[axis];
  args->n_out = self->attrs[LENGTH].i;
  args->outer = args->inner = 1;
  for (guint i = 0; i < x->rank - (args->kind == TL_FFT_REAL ? 0u : 1u); i++)
    if (i < axis)
      args->outer *= x->shape[i];
    else if (i > axis)
      args->inner *= x->shape[i];
  args->scale = self->attrs[SCALE].d;
  args->half = self->attrs[HALF].d;
  self->kernel = &tl_fft_kernel;
  return TRUE;
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
  return tl_formula_into (&f, tl_fourier (&f, self->dy[0], adjoint[a[KIND].i], axis, a[N].i, self->in[0]->meta.shape[axis], -(gint)a[SIGN].i, a[SCALE].d, a[HALF].d),
                          &self->dx[0]);
}

static const TlSample samples[] = {
  { "5,2", "n = 4, length = 6, scale = 0.5" },
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
  .doc = "A discrete Fourier transform along an axis, of any length: Stockham's algorithm for small primes, else Bluestein's.",
  .formula = "y[k] = scale sum over j of x[j] exp (sign 2 pi i j k / n)",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1; Bluestein 1970, doi:10.1109/TAU.1970.1162132",
  .in = tl_fft_real_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL | TL_OP_UNCUTTABLE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
