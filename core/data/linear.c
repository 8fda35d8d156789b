/* SPDX-License-Identifier: Apache-2.0 */
/*
 * y = scale x + shift, from any dtype to f32: the one loop through which most pictures go.
 *
 * It is compiled for two instruction sets; products and sums are rounded one by one in both, so the bits are the same.
 * f64 and i64 are computed in double precision.
 */
#include "core/data/common.h"
#include "core/kernels/cpu.h"

#define LINEAR(name, type, real)                                                                                \
  static inline __attribute__ ((always_inline)) void name##_body (const type *restrict in, float *restrict out, \
                                                                  const float *scale, const float *shift,       \
                                                                  gsize n_channels, gsize n_inner)              \
  {                                                                                                             \
    if (n_inner == 1) {                                                                                         \
      for (gsize i = 0; i < n_channels; i++)                                                                    \
        out[i] = (float)((real)in[i] * (real)scale[i] + (real)shift[i]);                                        \
      return;                                                                                                   \
    }                                                                                                           \
    for (gsize channel = 0; channel < n_channels; channel++, in += n_inner, out += n_inner) {                   \
      const real a = (real)scale[channel], b = (real)shift[channel];                                            \
                                                                                                                \
      for (gsize i = 0; i < n_inner; i++)                                                                       \
        out[i] = (float)((real)in[i] * a + b);                                                                  \
    }                                                                                                           \
  }

LINEAR (u8, guint8, float)
LINEAR (i8, gint8, float)
LINEAR (i32, gint32, float)
LINEAR (i64, gint64, double)
LINEAR (f32, float, float)
LINEAR (f64, double, double)

static inline __attribute__ ((always_inline)) void
linear_body (TlDType       dtype,
             gconstpointer in,
             float        *out,
             const float  *scale,
             const float  *shift,
             gsize         n_channels,
             gsize         n_inner)
{
  switch (dtype) {
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    u8_body (in, out, scale, shift, n_channels, n_inner);
    break;
  case TL_DTYPE_I8:
    i8_body (in, out, scale, shift, n_channels, n_inner);
    break;
  case TL_DTYPE_I32:
    i32_body (in, out, scale, shift, n_channels, n_inner);
    break;
  case TL_DTYPE_I64:
    i64_body (in, out, scale, shift, n_channels, n_inner);
    break;
  case TL_DTYPE_F32:
    f32_body (in, out, scale, shift, n_channels, n_inner);
    break;
  case TL_DTYPE_F64:
    f64_body (in, out, scale, shift, n_channels, n_inner);
    break;
  case TL_DTYPE_F16:
  case TL_DTYPE_BF16:
    break;
  }
}

static void
linear_base (TlDType       dtype,
             gconstpointer in,
             float        *out,
             const float  *scale,
             const float  *shift,
             gsize         n_channels,
             gsize         n_inner)
{
  linear_body (dtype, in, out, scale, shift, n_channels, n_inner);
}

#if defined(__x86_64__)
__attribute__ ((target ("avx2"))) static void
linear_avx2 (TlDType       dtype,
             gconstpointer in,
             float        *out,
             const float  *scale,
             const float  *shift,
             gsize         n_channels,
             gsize         n_inner)
{
  linear_body (dtype, in, out, scale, shift, n_channels, n_inner);
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
#if defined(__x86_64__)
  if (tl_cpu_level () >= TL_CPU_AVX2) {
    linear_avx2 (dtype, in, out, scale, shift, n_channels, n_inner);
    return;
  }
#endif
  linear_base (dtype, in, out, scale, shift, n_channels, n_inner);
}
