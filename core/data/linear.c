/* SPDX-License-Identifier: Apache-2.0 */
/*
 * y = scale x + shift, from any dtype to f32: the one loop through which most pictures go.
 *
 * It is compiled for two instruction sets; products and sums are rounded one by one in both, so the bits are the same.
 * f64 and i64 are computed in double precision.
 */
#include "core/data/common.h"
#include "core/kernels/cpu.h"

typedef struct {
  TlDType       dtype;
  gconstpointer in;
  float        *out;
  const float  *scale, *shift;
  gsize         n_channels, n_inner;
} Linear;

#define LINEAR(type, real)                                                                    \
  static inline __attribute__ ((always_inline)) void type##_body (const Linear *self)         \
  {                                                                                           \
    const type *restrict in = self->in;                                                       \
    float *restrict out = self->out;                                                          \
    const float *scale = self->scale, *shift = self->shift;                                   \
    gsize        n_channels = self->n_channels, n_inner = self->n_inner;                      \
                                                                                              \
    if (n_inner == 1) {                                                                       \
      for (gsize i = 0; i < n_channels; i++)                                                  \
        out[i] = (float)((real)in[i] * (real)scale[i] + (real)shift[i]);                      \
      return;                                                                                 \
    }                                                                                         \
    for (gsize channel = 0; channel < n_channels; channel++, in += n_inner, out += n_inner) { \
      const real a = (real)scale[channel], b = (real)shift[channel];                          \
                                                                                              \
      for (gsize i = 0; i < n_inner; i++)                                                     \
        out[i] = (float)((real)in[i] * a + b);                                                \
    }                                                                                         \
  }

LINEAR (guint8, float)
LINEAR (gint8, float)
LINEAR (gint32, float)
LINEAR (gint64, double)
LINEAR (float, float)
LINEAR (double, double)

static inline __attribute__ ((always_inline)) void
linear_body (const Linear *self)
{
  switch (self->dtype) {
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    guint8_body (self);
    break;
  case TL_DTYPE_I8:
    gint8_body (self);
    break;
  case TL_DTYPE_I32:
    gint32_body (self);
    break;
  case TL_DTYPE_I64:
    gint64_body (self);
    break;
  case TL_DTYPE_F32:
    float_body (self);
    break;
  case TL_DTYPE_F64:
    double_body (self);
    break;
  case TL_DTYPE_F16:
  case TL_DTYPE_BF16:
    break;
  }
}

static void
linear_base (const Linear *self)
{
  linear_body (self);
}

#if defined(__x86_64__)
__attribute__ ((target ("avx2"))) static void
linear_avx2 (const Linear *self)
{
  linear_body (self);
}
#endif

/**
 * tl_data_linear:
 * @dtype: of @in; not a half precision type
 * @in: `n_channels * n_inner` elements
 * @out: as many
 * @scale: (array length=n_channels): factors
 * @shift: (array length=n_channels): what is added
 * @n_channels: how many
 * @n_inner: neighbours that share them
 */
void
tl_data_linear (TlDType       dtype,
                gconstpointer in,
                float        *out,
                const float  *scale,
                const float  *shift,
                gsize         n_channels,
                gsize         n_inner)
{
  const Linear linear = { dtype, in, out, scale, shift, n_channels, n_inner };

#if defined(__x86_64__)
  if (tl_cpu_level () >= TL_CPU_AVX2) {
    linear_avx2 (&linear);
    return;
  }
#endif
  linear_base (&linear);
}
